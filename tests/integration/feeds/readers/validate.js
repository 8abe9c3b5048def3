// node validate.js < FEED: what the published schema of JSON Feed 1.1 says is wrong with a feed, as JSON; [] if nothing.
const Ajv = require("ajv").default;
const ajv = new Ajv({ allErrors: true, strict: false });
require("ajv-formats").default(ajv);
const check = ajv.compile(require("jsonfeed-schema/schema-v1.1.json"));
const feeds = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(feeds.flatMap((feed) => (check(feed) ? [] : check.errors))));
