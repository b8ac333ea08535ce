import { CertifyStation } from './certify/CertifyStation.tsx'
import { ComposeStation } from './compose/ComposeStation.tsx'
import { Boundary } from './parts/Boundary.tsx'
import { useLab } from './parts/context.ts'
import { SampleStation } from './sample/SampleStation.tsx'
import { TrainStation } from './train/TrainStation.tsx'

/** The stations before the stage. */
export function LeftStations() {
  const lab = useLab()
  return (
    <>
      <Boundary lab={lab} part="Train">
        <TrainStation />
      </Boundary>
      <Boundary lab={lab} part="Compose">
        <ComposeStation />
      </Boundary>
    </>
  )
}

/** The stations behind the stage. */
export function RightStations() {
  const lab = useLab()
  return (
    <>
      <Boundary lab={lab} part="Sample">
        <SampleStation />
      </Boundary>
      <Boundary lab={lab} part="Certify">
        <CertifyStation />
      </Boundary>
    </>
  )
}
