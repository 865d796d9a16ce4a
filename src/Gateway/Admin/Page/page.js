// The status page. Everything that the API sends is put into the page as text (textContent), never as markup: names, paths and server names
// come from clients. The Content-Security-Policy forbids inline code and Trusted Types forbid innerHTML, so a mistake here would show.
"use strict";

const element = id => document.getElementById(id);
const state = { filter: "", previous: new Map(), at: 0, version: "", changes: "", events: null, busy: false, again: false };

const bytes = count => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) {
    count /= 1000;
    unit++;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${units[unit]}`;
};

const duration = milliseconds => {
  const seconds = milliseconds / 1000;
  if (seconds < 60) {
    return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

// In UTC, as the log has it.
const time = text => text ? `${text.slice(0, 10)} ${text.slice(11, 19)}Z` : "";

const get = async path => {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(answer.error || response.statusText);
  }
  return answer;
};

// A column: its name, the text of a row, what it is sorted by, and the class of its cells.
const column = (name, text, options = {}) => ({ name, text, by: options.by || text, number: !!options.by && !options.words, ...options });

const how = row => row.source === "XForwardedFor" ? `X-Forwarded-For of ${row.hop}` : row.source || "";
const goes = row => row.backend ? `${row.destination} (${row.backend})` : row.destination || "";
const age = row => row.startedAt ? Date.now() - Date.parse(row.startedAt) : 0;
const rate = row => {
  const before = state.previous.get(row.id);
  return before && row.at > before.at ? Math.max(0, (row.received + row.sent - before.bytes) * 1000 / (row.at - before.at)) : -1;
};

const common = [
  column("Client", row => row.client),
  column("Known by", how),
  column("Peer", row => row.peer),
  column("Listener", row => row.listener),
  column("Route", row => row.route || ""),
  column("Cluster", row => row.cluster || ""),
  column("Destination", goes),
  column("Passed on", row => row.mode || ""),
];
const carried = [
  column("Received", row => bytes(row.received), { by: row => row.received }),
  column("Sent", row => bytes(row.sent), { by: row => row.sent }),
];
const asked = column("Asked for", row => [row.serverName, row.request, row.status].filter(part => part).join(" "), { kind: "text" });

const healthClass = row => row.health === "healthy" ? "good" : row.health === "unhealthy" ? "bad" : "";
const flags = row => [row.ejected && "ejected", row.drained && "drained"].filter(flag => flag).join(", ");
const addresses = row => (row.addresses || []).map(one => [
  `${one.address} ${one.health}`, one.avoided && "avoided", one.activeConnections >= 0 && `${one.activeConnections} active`,
].filter(part => part).join(", ")).join("; ");

// Of a destination: its requests (HTTP) or the connects to it (TCP).
const lately = ({ lastMinute: { requests, connects } }) => requests === undefined ? `${connects} connects` : `${requests} requests`;
const often = ({ lastMinute: { requests, connects } }) => requests ?? connects;
const spent = (row, milliseconds) => often(row) === 0 ? ""
  : milliseconds < 1000 ? `${Number(milliseconds.toPrecision(2))} ms` : duration(milliseconds);

// Of an HTTPRoute: where clients are sent, or the Services that share its requests. A share without a Service is answered with 500.
const target = row => row.redirect || (row.clusters || []).map(one => `${one.name || 500}=${one.weight}`).join(", ") || row.cluster || "";

// Of an HTTP listener; those of TCP are the routes'.
const timeouts = row => [
  ["idle", row.keepAliveTimeout], ["headers", row.requestHeadersTimeout], ["response stalls", row.responseStallTimeout],
  ["connection", row.maxConnectionDuration],
].filter(([, limit]) => limit).map(([name, limit]) => `${name} ${limit}`).join(", ");

const ends = row => Object.entries(row.reasons).sort((one, other) => other[1] - one[1])
  .map(([reason, count]) => `${reason} ${count}`).join(", ");
const verdict = row => ({ fail: "bad", warn: "warn", ok: "good" })[row.severity] || "";

const tables = {
  live: [...common, ...carried,
    column("Rate", row => rate(row) < 0 ? "–" : `${bytes(rate(row))}/s`, { by: rate }),
    column("Age", row => row.startedAt ? duration(age(row)) : "", { by: age }),
    asked,
    column("Id", row => row.id)],
  closed: [column("Ended", row => time(row.closedAt), { by: row => Date.parse(row.closedAt), words: true }),
    column("Reason", row => row.detail ? `${row.reason} (${row.detail})` : row.reason, { kind: "text" }),
    column("After", row => duration(row.durationMs), { by: row => row.durationMs }),
    ...common, ...carried, asked, column("Id", row => row.id)],
  reasons: [column("Minute", row => time(row.from), { by: row => Date.parse(row.from), words: true }),
    column("Ends", ends, { kind: "text" }),
    column("Sum", row => String(sum(row)), { by: row => sum(row) })],
  clusters: [column("Cluster", row => row.cluster), column("Destination", row => row.name), column("Address", row => row.address),
    column("Health", row => row.health, { mark: healthClass }),
    column("Active", row => String(row.activeConnections), { by: row => row.activeConnections }),
    column("Last minute", lately, { by: often }),
    column("Failed", row => String(row.lastMinute.failed), { by: row => row.lastMinute.failed, mark: row => row.lastMinute.failed ? "bad" : "" }),
    column("Median", row => spent(row, row.lastMinute.medianMs), { by: row => row.lastMinute.medianMs }),
    column("p99", row => spent(row, row.lastMinute.p99Ms), { by: row => row.lastMinute.p99Ms }),
    column("Out of use", flags, { mark: row => flags(row) ? "warn" : "" }),
    column("Last error", row => row.lastError || ""),
    column("Addresses", addresses, { kind: "text" })],
  routes: [column("Listener", row => row.listener), column("Route", row => row.name),
    column("Order", row => String(row.order), { by: row => row.order }),
    column("Matches", row => row.match, { kind: "text" }), column("Cluster", target, { kind: "text" }),
    column("Passed on", row => row.mode || ""), column("Fallback", row => row.fallback || ""),
    column("Idle timeout", row => row.idleTimeout || ""), column("Max duration", row => row.maxDuration || "")],
  listeners: [column("Listener", row => row.name), column("Address", row => row.address), column("Protocol", row => row.protocol),
    column("Client from", row => row.clientFrom, { kind: "text" }),
    column("Timeouts", timeouts, { kind: "text" }),
    column("Active", row => String(row.activeConnections), { by: row => row.activeConnections })],
  check: [column("Check", row => row.check), column("Verdict", row => row.severity, { mark: verdict }),
    column("Where", row => row.where), column("Finding", row => row.what, { kind: "text" }),
    column("Cure", row => row.cure || "", { kind: "text" })],
};

const sum = row => Object.values(row.reasons).reduce((all, one) => all + one, 0);
const sorts = {};
const shown = {};

// A phone shows rows as blocks, and a browser then forgets what they are, unless they say so.
const as = (role, part) => {
  part.setAttribute("role", role);
  return part;
};

const head = name => {
  const table = as("table", element(`${name}-table`));
  const row = as("row", as("rowgroup", table.createTHead()).insertRow());
  for (const [index, { name: title, number }] of tables[name].entries()) {
    const cell = as("columnheader", document.createElement("th"));
    cell.scope = "col";
    cell.className = number ? "number" : "";
    cell.setAttribute("aria-sort", "none");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => {
      const before = sorts[name];
      sorts[name] = { index, down: before && before.index === index ? !before.down : number };
      for (const [other, header] of [...row.cells].entries()) {
        header.setAttribute("aria-sort", other !== index ? "none" : sorts[name].down ? "descending" : "ascending");
      }
      fill(name, shown[name] || []);
    });
    cell.append(button);
    row.append(cell);
  }
  table.append(as("rowgroup", document.createElement("tbody")));
};

// Made once: a thousand rows are ten thousand comparisons.
const words = new Intl.Collator(undefined, { numeric: true });

const sorted = (name, rows) => {
  const sort = sorts[name];
  if (!sort) {
    return rows;
  }
  const { by } = tables[name][sort.index];
  const compare = (one, other) => typeof one === "number" ? one - other : words.compare(String(one), String(other));
  const keyed = rows.map(row => ({ row, key: by(row) }));
  return keyed.sort((one, other) => (sort.down ? -1 : 1) * compare(one.key, other.key)).map(one => one.row);
};

// Rows and cells are used again, so that a reader who has marked text or scrolled keeps the place.
const fill = (name, rows) => {
  shown[name] = rows;
  const body = element(`${name}-table`).tBodies[0];
  const columns = tables[name];
  const list = sorted(name, rows);
  while (body.rows.length > Math.max(1, list.length)) {
    body.deleteRow(-1);
  }
  if (list.length === 0) {
    body.replaceChildren();
    const cell = as("cell", as("row", body.insertRow()).insertCell());
    cell.colSpan = columns.length;
    cell.className = "empty";
    cell.textContent = "none";
    return;
  }
  if (body.rows.length > 0 && body.rows[0].cells.length !== columns.length) {
    body.replaceChildren();
  }
  for (const [index, row] of list.entries()) {
    const line = body.rows[index] || as("row", body.insertRow());
    for (const [number, { name: title, text, number: isNumber, kind, mark }] of columns.entries()) {
      let cell = line.cells[number];
      if (!cell) {
        cell = as("cell", line.insertCell());
        cell.dataset.name = title;
      }
      const value = text(row);
      if (cell.textContent !== value) {
        cell.textContent = value;
      }
      const style = [isNumber ? "number" : "", kind || "", mark ? mark(row) : ""].join(" ").trim();
      if (cell.className !== style) {
        cell.className = style;
      }
    }
  }
};

const choose = (id, names) => {
  const select = element(id);
  const chosen = select.value;
  const known = [...select.options].slice(1).map(option => option.value);
  const wanted = [...new Set(names)].sort();
  if (known.join("\n") === wanted.join("\n")) {
    return;
  }
  select.replaceChildren(select.options[0], ...wanted.map(name => new Option(name, name)));
  select.value = wanted.includes(chosen) ? chosen : "";
};

const counted = (answer, rows) => answer.total > rows.length ? `${rows.length} of ${answer.total}` : `${answer.total}`;

const query = () => {
  const values = new URLSearchParams();
  for (const id of ["client", "listener", "route", "limit"]) {
    const value = element(id).value.trim();
    if (value) {
      values.set(id, value);
    }
  }
  return values.toString();
};

// The list of connections, with the search. One question at a time: a slow answer delays the next, and does not pile up.
const showConnections = async () => {
  if (state.busy) {
    state.again = true;
    return;
  }
  state.busy = true;
  try {
    const filter = query();
    const [live, closed] = await Promise.all([get(`api/connections?${filter}`), get(`api/closed?${filter}`)]);
    const at = Date.now();
    for (const row of live.connections) {
      row.at = at;
    }
    fill("live", live.connections);
    fill("closed", closed.closed);
    state.previous = new Map(live.connections.map(row => [row.id, { bytes: row.received + row.sent, at }]));
    say("live-count", `Connections: ${counted(live, live.connections)}`);
    say("closed-count", `Ended connections that are kept: ${counted(closed, closed.closed)}`);
    say("problem", "");
  } catch (problem) {
    say("problem", problem.message);
  } finally {
    state.busy = false;
    if (state.again) {
      state.again = false;
      showConnections();
    }
  }
};

// An unchanged text is not announced again.
const say = (id, text) => {
  if (element(id).textContent !== text) {
    element(id).textContent = text;
  }
};

const showRest = async () => {
  try {
    const [listeners, clusters, reasons] = await Promise.all(["listeners", "clusters", "reasons"].map(name => get(`api/${name}`)));
    fill("listeners", listeners.listeners);
    fill("clusters", clusters.clusters.flatMap(cluster => cluster.destinations.map(one => ({ ...one, cluster: cluster.name }))));
    fill("reasons", [...reasons.intervals].reverse());
    choose("listener", listeners.listeners.map(one => one.name));
  } catch (problem) {
    say("problem", problem.message);
  }
};

// Only another configuration, or other objects of a cluster, change them, and there may be thousands.
const showRoutes = async () => {
  try {
    const { routes } = await get("api/routes");
    fill("routes", routes);
    choose("route", routes.map(one => one.name));
  } catch (problem) {
    say("problem", problem.message);
    state.changes = "";
  }
};

const showCheck = async () => {
  try {
    const report = await get("check");
    const counts = report.counts;
    say("check-summary", `${time(report.checkedAt)}: ${counts.ok} ok, ${counts.skip} skipped, ${counts.warn} warnings, ${counts.fail} failures`);
    const rank = { fail: 0, warn: 1, skip: 2, ok: 3 };
    fill("check", [...report.results].sort((one, other) => rank[one.severity] - rank[other.severity]));
  } catch (problem) {
    say("check-summary", `not available: ${problem.message}`);
  }
};

const showStatus = status => {
  const { connections, config } = status;
  say("version", status.gateway);
  say("state", [
    `${connections.tcp} TCP, ${connections.http} HTTP, ${connections.dnat} forwarded connections`,
    `configuration ${config.version}`,
    config.lastError ? "a newer file is refused" : "",
    status.draining ? "draining" : "",
  ].filter(part => part).join("; "));
  element("state").className = config.lastError ? "bad" : "";
  const facts = [
    ["File", config.file], ["Version", String(config.version)], ["In force since", time(config.loadedAt)], ["SHA-256", config.sha256],
    ["Last reload", config.lastError ? `refused, ${time(config.lastErrorAt)}: ${config.lastError}` : "accepted"],
    ["Restart required", config.restartRequired ? "yes: keys that are read at start only" : "no"],
    ["Running since", time(status.startedAt)], ["Engine", status.engine], ["API", status.readOnly ? "read only" : "changes need a token"],
  ];
  const list = element("config-list");
  if (list.children.length !== facts.length * 2) {
    list.replaceChildren(...facts.flatMap(([name]) => {
      const term = document.createElement("dt");
      term.textContent = name;
      return [term, document.createElement("dd")];
    }));
  }
  for (const [index, [, text]] of facts.entries()) {
    const value = list.children[index * 2 + 1];
    if (value.textContent !== text) {
      value.textContent = text;
    }
  }
  // A gateway that was started again counts anew.
  const version = `${status.startedAt} ${config.version}`;
  if (state.version !== version) {
    state.version = version;
    showCheck();
  }
  const changes = `${status.startedAt} ${config.changes}`;
  if (state.changes !== changes) {
    state.changes = changes;
    showRoutes();
  }
};

const follow = () => {
  const events = new EventSource("api/events");
  state.events = events;
  events.addEventListener("status", event => {
    showStatus(JSON.parse(event.data));
    if (!document.hidden) {
      showConnections();
      showRest();
    }
  });
  events.addEventListener("error", () => {
    say("state", "not connected; trying again");
    // An answer with an error ends a browser's own attempts, such as that too many pages are open. The tables are shown nevertheless.
    if (events.readyState === EventSource.CLOSED) {
      setTimeout(() => state.events === events && follow(), 10000);
      showRoutes();
    }
  });
};

const unfollow = () => {
  state.events?.close();
  state.events = null;
};

const search = () => {
  history.replaceState(null, "", `?${query()}${location.hash}`);
  showConnections();
};

const start = () => {
  Object.keys(tables).forEach(head);
  const given = new URLSearchParams(location.search);
  element("client").value = given.get("client") || "";
  for (const id of ["listener", "route"]) {
    if (given.get(id)) {
      choose(id, [given.get(id)]);
      element(id).value = given.get(id);
    }
  }
  element("search").addEventListener("submit", event => event.preventDefault());
  let typing = 0;
  element("client").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(search, 200);
  });
  for (const id of ["listener", "route", "limit"]) {
    element(id).addEventListener("change", search);
  }
  element("follow").addEventListener("change", event => event.target.checked ? follow() : unfollow());
  showConnections();
  showRest();
  follow();
};

start();
