/** About the app itself: app.*, drivers.*, files.* */
import { driverInfos } from "../../workspace/drivers.ts";
import { detectFile, suggestFiles } from "../../workspace/files.ts";
import { packageVersion } from "../../workspace/package.ts";
import { readUrl } from "../../workspace/store-url.ts";
import { os } from "../implementer.ts";
import type { Services } from "../services.ts";

export const appRoutes = ({ face, home, connections, credentials, events, bin }: Services) => ({
  app: {
    info: os.app.info.handler(async () => ({
      version: packageVersion(),
      home,
      face,
      platform: process.platform,
      now: new Date().toISOString(),
      notices: [
        ...connections.notices(),
        ...(bin.damaged ? [`The recycle bin was damaged. It was kept as ${bin.damaged}.`] : []),
      ],
      credentials: await credentials.state(),
    })),
    events: os.app.events.handler(({ signal }) => events.listen(signal)),
  },
  drivers: {
    list: os.drivers.list.handler(driverInfos),
    fromUrl: os.drivers.fromUrl.handler(({ input }) => readUrl(input.url)),
  },
  files: {
    suggest: os.files.suggest.handler(({ input }) => suggestFiles(input.path)),
    detect: os.files.detect.handler(({ input }) => detectFile(input.path)),
  },
});
