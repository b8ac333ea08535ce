/** What is wrong with a backend, as a clause for people: "the GPU did not answer within 20 s". */
export class BackendFault extends Error {
  /** What the browser or a library said, for those who look into it. */
  readonly details: string | null

  constructor(clause: string, details: string | null = null) {
    super(clause)
    this.details = details
  }
}

/**
 * A limit is counted in so many parts: a tab that was frozen and a machine that slept wake up with one of
 * them used up, and what they waited for still has the others.
 */
const PARTS = 8

/**
 * What a promise brings, unless it takes longer than `seconds`: then rejects with a `BackendFault`.
 * @param what begins the clause: "the GPU"
 * @param late is given what comes after all
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
 * Waits of one kind. Each may take many times as long as the longest before it: how fast a device is, it
 * says itself.
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
