// node parse.js rss-parser|feedsmith ADDRESS: the entries of a feed as JSON, as the parser of that name sees them.
const [parser, address] = process.argv.slice(2);
const seconds = (date) => Math.round(Date.parse(date) / 1000);

async function withRssParser() {
  const { items } = await new (require("rss-parser"))().parseURL(address);
  return items.map((item) => ({
    id: item.guid ?? item.id,
    title: item.title,
    link: item.link,
    published: seconds(item.isoDate),
    authors: item.creator ?? item.author ?? "",
    tags: item.categories ? item.categories.map((tag) => tag._ ?? tag) : null,
    text: item["content:encoded"] ?? item.content ?? "",
  }));
}

const NAMED = {
  rss: (item) => ({
    id: item.guid.value,
    link: item.link,
    published: seconds(item.pubDate),
    authors: (item.dc?.creators ?? []).join(", "),
    tags: item.categories.map((tag) => tag.name),
    text: item.content?.encoded ?? item.description,
  }),
  atom: (item) => ({
    id: item.id,
    link: item.links.find((link) => link.rel === "alternate").href,
    published: seconds(item.published),
    authors: (item.authors ?? []).map((author) => author.name).join(", "),
    tags: item.categories.map((tag) => tag.term),
    text: (item.content ?? item.summary).value,
  }),
  json: (item) => ({
    id: item.id,
    link: item.url,
    published: seconds(item.date_published),
    authors: (item.authors ?? []).map((author) => author.name).join(", "),
    tags: item.tags,
    text: item.content_html ?? item.content_text,
  }),
};

async function withFeedsmith() {
  const body = await (await fetch(address)).text();
  const { format, feed } = require("feedsmith").parseFeed(body);
  return (feed.items ?? feed.entries).map((item) => ({ title: item.title?.value ?? item.title, ...NAMED[format](item) }));
}

(parser === "feedsmith" ? withFeedsmith() : withRssParser()).then((found) => console.log(JSON.stringify(found)));
