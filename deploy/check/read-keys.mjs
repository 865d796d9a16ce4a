// The validators of @kubernetes-models are code, compiled from schemas that allow any further key. But they read each key that they know, present or not, and enumerate maps: a key that
// was not read is one that the schema does not name. An object in which nothing was read is free-form (EnvoyFilter's patch value).
export class ReadKeys {
  #keys = new Map();
  #maps = new Set();

  watch(value) {
    if (value === null || typeof value !== "object") return value;
    return new Proxy(value, {
      get: (object, key) => {
        this.#note(object, key);
        return this.watch(object[key]);
      },
      has: (object, key) => {
        this.#note(object, key);
        return key in object;
      },
      ownKeys: (object) => {
        this.#maps.add(object);
        return Reflect.ownKeys(object);
      },
    });
  }

  // Paths of the keys that were not read.
  unread(value, path = "") {
    if (value === null || typeof value !== "object") return [];
    if (Array.isArray(value)) return value.flatMap((item, i) => this.unread(item, `${path}/${i}`));
    const known = this.#keys.get(value);
    if (!known && !this.#maps.has(value)) return [];
    return Object.entries(value).flatMap(([key, member]) =>
      this.#maps.has(value) || known.has(key) ? this.unread(member, `${path}/${key}`) : [`${path}/${key}`]);
  }

  #note(object, key) {
    if (!this.#keys.has(object)) this.#keys.set(object, new Set());
    this.#keys.get(object).add(key);
  }
}
