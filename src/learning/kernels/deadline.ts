/** A fault of a backend; the message is a clause for people: "the GPU did not answer within 20 s". */
export class BackendFault extends Error {
  /** The words of the browser or a library; null where there are none. */
  readonly details: string | null

  constructor(clause: string, details: string | null = null) {
    super(clause)
    this.details = details
  }
}

/**
 * `within` counts its limit in this many parts: after a frozen tab or a machine's sleep one part is used up, and
 * the promise still has the others.
 */
const PARTS = 8

/**
 * Settles as `promise` does, or rejects with a `BackendFault` after `seconds`.
 * @param what the subject of the fault's clause: "the GPU"
 * @param late receives a value that arrives after the limit
 */
export function within<T>(
  seconds: number,
  what: string,
  promise: PromiseLike<T>,
  late: (value: T) => void = () => {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    let part = 0
    let over = false
    const count = () => {
      if (++part <= PARTS) timer = setTimeout(count, (1000 * seconds) / PARTS)
      else {
        over = true
        reject(new BackendFault(`${what} did not answer within ${Math.round(seconds)} s`))
      }
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    count()
    promise.then(
      (value) => {
        clearTimeout(timer)
        if (over) late(value)
        else resolve(value)
      },
      (error: Error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/**
 * Waits of one kind. The limit of each is TIMES the longest wait before it, and at least `least` seconds, so that
 * a slow device gets more time.
 */
export class Patience {
  private readonly what: string
  private readonly least: number
  /** The longest wait so far, seconds. */
  private longest = 0

  /** @param least the shortest limit, seconds */
  constructor(what: string, least: number) {
    this.what = what
    this.least = least
  }

  async wait<T>(promise: PromiseLike<T>): Promise<T> {
    const begun = performance.now()
    const value = await within(Math.max(this.least, TIMES * this.longest), this.what, promise)
    this.longest = Math.max(this.longest, (performance.now() - begun) / 1000)
    return value
  }
}

const TIMES = 20
