import { existsSync } from 'node:fs'
import path from 'node:path'
import { findChromium } from './findChromium.ts'

/** Opens WebGPU devices in Node, or says why there are none. */
export type Dawn =
  | { readonly open: () => Promise<GPUDevice>; readonly reason: null }
  | { readonly open: null; readonly reason: string }

/** Named by a variable: where it is not installed, everything else is still checked and run. */
const PACKAGE: string = 'webgpu'

interface DawnPackage {
  readonly create: (options: string[]) => GPU
  readonly globals: object
}

/** glibc: a library that is opened stays, though it is no module of Node's. */
const RTLD_NOW = 2
const RTLD_NODELETE = 0x1000

/**
 * Opens Dawn, the WebGPU of Chromium, on the software driver that Chromium brings along. No test waits
 * for hardware, and all machines compute on the same adapter.
 */
export function openDawn(): Promise<Dawn> {
  return (opening ??= load())
}

let opening: Promise<Dawn> | null = null

async function load(): Promise<Dawn> {
  const none = (reason: string): Dawn => ({ open: null, reason })
  const driver = findDriver()
  if (driver === null) return none('no software Vulkan driver lies beside a Chromium here')
  // Dawn reads this when it is loaded.
  process.env['VK_DRIVER_FILES'] = driver
  const loader = path.join(path.dirname(driver), 'libvulkan.so.1')
  if (process.platform === 'linux' && existsSync(loader)) {
    // Where the system has no Vulkan loader, Chromium's own, found by its name once it is in memory.
    try {
      process.dlopen({ exports: {} }, loader, RTLD_NOW | RTLD_NODELETE)
    } catch {
      // It is no module of Node's, and that is all that can be said against it.
    }
  }
  try {
    const { create, globals } = (await import(PACKAGE)) as DawnPackage
    Object.assign(globalThis, globals)
    const gpu = create([])
    if ((await gpu.requestAdapter()) === null) return none('Dawn offers no adapter')
    const open = async () => {
      // An adapter is good for one device.
      const adapter = await gpu.requestAdapter()
      if (adapter === null) throw new Error('Dawn offers no adapter any more')
      const { maxComputeWorkgroupStorageSize } = adapter.limits
      return adapter.requestDevice({ requiredLimits: { maxComputeWorkgroupStorageSize } })
    }
    return { open, reason: null }
  } catch (error) {
    return none(`Dawn cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function findDriver(): string | null {
  const asked = process.env['VK_DRIVER_FILES']
  if (asked !== undefined && existsSync(asked)) return asked
  const chromium = findChromium()
  if (chromium === null) return null
  const folders = [path.dirname(chromium), '/usr/lib/chromium', '/usr/lib/chromium-browser']
  return (
    folders
      .map((folder) => path.join(folder, 'vk_swiftshader_icd.json'))
      .find((file) => existsSync(file)) ?? null
  )
}
