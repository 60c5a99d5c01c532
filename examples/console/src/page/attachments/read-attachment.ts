import { imageTypes, type AttachedPart, type Attachment } from './attachment.ts'
import { formatBytes } from '../text/format-bytes.ts'

// Below what the agents take of an image, and together well below what a line to the host takes as one message.
const mostImageBytes = 5 * 1024 * 1024
const mostTextBytes = 512 * 1024
export const mostBytes = 10 * 1024 * 1024
export const mostAttachments = 20

/** Why a file cannot go with a prompt, for people. */
export class NotAttached extends Error {
  override readonly name = 'NotAttached'
}

/** Reads a file for a prompt. Rejects with `NotAttached` for what no agent would take. */
export async function readAttachment(file: File, id: string): Promise<Attachment> {
  const name = file.name || 'image'
  const part = imageTypes.has(file.type) ? await readImage(file, name) : await readText(file, name)
  return { id, name, bytes: file.size, part }
}

async function readImage(file: File, name: string): Promise<AttachedPart> {
  if (file.size > mostImageBytes) throw new NotAttached(`${name} is too large: ${formatBytes(file.size)}, and an image may have ${formatBytes(mostImageBytes)}. Make it smaller, or name its path in the prompt.`)
  return { type: 'image', mimeType: file.type, data: await base64Of(file, name), name }
}

async function readText(file: File, name: string): Promise<AttachedPart> {
  const unknown = (): NotAttached =>
    new NotAttached(
      file.type.startsWith('image/')
        ? `${name} is an image of a kind that agents do not take: make it PNG, JPEG, GIF or WebP.`
        : `${name} is neither an image nor text. Name its path in the prompt, so that the agent opens it by itself.`,
    )
  if (file.size > mostTextBytes) {
    if (await isText(file.slice(0, 4_096))) throw new NotAttached(`${name} is too large: ${formatBytes(file.size)}, and a text may have ${formatBytes(mostTextBytes)}. Name its path in the prompt, so that the agent opens it by itself.`)
    throw unknown()
  }
  if (!(await isText(file))) throw unknown()
  return { type: 'file', uri: `attachment:///${encodeURIComponent(name)}`, name, ...(file.type !== '' && { mimeType: file.type }), text: await read(file, name) }
}

async function isText(blob: Blob): Promise<boolean> {
  const bytes = new Uint8Array(await blob.arrayBuffer().catch(() => new ArrayBuffer(0)))
  try {
    // Cut in the middle of a character it is text all the same.
    return !bytes.includes(0) && new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }) !== undefined
  } catch {
    return false
  }
}

const read = (file: File, name: string): Promise<string> =>
  file.text().catch((cause: unknown) => {
    throw unreadable(name, cause)
  })

function base64Of(file: File, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(String(reader.result).replace(/^data:[^,]*,/, '')))
    reader.addEventListener('error', () => reject(unreadable(name, reader.error)))
    reader.readAsDataURL(file)
  })
}

/** A folder that was dropped, or a file that has gone since. */
const unreadable = (name: string, cause: unknown): NotAttached => new NotAttached(`${name} could not be read. Is it a folder, or gone?`, { cause })
