import { constantRows } from '../../render/charts/constantsTable.ts'
import { useRun } from '../parts/context.ts'

/** The constants of the landscape and the run, each with how far one may rely on it. */
export function Constants() {
  const run = useRun((state) => state.run)
  const analysis = useRun((state) => state.analysis)
  const step = useRun((state) => state.step)
  if (run === null) return null
  const rows = constantRows(run.constants, analysis, run.scene.dynamics.epsilon, step)
  return (
    <table className="constants" aria-label="Constants">
      <caption>KL and b(η) in nats; rates and curvatures per unit of time.</caption>
      <tbody>
        {rows.map(({ name, symbol, value, unit, status, title }) => (
          <tr key={symbol} title={`${title} (${unit})`}>
            <th scope="row">
              <Symbol text={symbol} /> <span>{name}</span>
            </th>
            <td>{value}</td>
            <td className="status">{status}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A sign with its index set low. */
function Symbol({ text }: { readonly text: string }) {
  const parts = /^(.)_?(PI|95)( ≥)?$/u.exec(text)
  if (parts === null) return <i>{text}</i>
  return (
    <i>
      {parts[1]}
      <sub>{parts[2]}</sub>
      {parts[3]}
    </i>
  )
}
