import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A new secret for one launch of a host: 256 random bits, in letters that fit a URL and a header. */
export const createLaunchToken = (): string => randomBytes(32).toString('base64url')

/** Compares without telling by its duration how much of it was right. */
export function isSameToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
