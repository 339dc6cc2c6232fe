// Drives the unmodified @segment/analytics-node. Environment: BASE_URL, WRITE_KEY, N, USER_ID.
import { Analytics } from '@segment/analytics-node'

const { BASE_URL: host, WRITE_KEY: writeKey, USER_ID: userId, N } = process.env
const analytics = new Analytics({ writeKey, host, flushAt: 7, flushInterval: 300, maxRetries: 5, httpRequestTimeout: 20000 })
let failed = 0
analytics.on('error', () => { failed += 1 })
analytics.identify({ userId, traits: { email: `${userId}@clients.example.com`, name: 'Jan Nowak' } })
analytics.group({ userId, groupId: 'g-1', traits: { name: 'ООО «Ромашка»' } })
analytics.alias({ userId, previousId: `${userId}-device` })
analytics.page({ userId, category: 'Docs', name: 'Pricing', properties: { url: 'https://example.com/pricing' } })
analytics.screen({ userId, name: 'Main' })
for (let n = 0; n < Number(N); n++) {
  analytics.track({ anonymousId: `${userId}-device`, event: 'Page Viewed', properties: { n } })
}
await analytics.closeAndFlush({ timeout: 30000 })
process.exit(failed ? 1 : 0)
