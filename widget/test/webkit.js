// selenium-webdriver knows no WebKitGTK, so the driver is started here.

import { createRequire } from 'node:module';

const { DriverService } = createRequire(import.meta.url)('selenium-webdriver/remote');

/** Starts WebKitWebDriver on a free port. */
export class ServiceBuilder extends DriverService.Builder {
  constructor() {
    super(process.env.WEBKIT_DRIVER || '/usr/bin/WebKitWebDriver');
    this.setLoopback(true);
  }
}
