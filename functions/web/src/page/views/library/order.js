// What the library shows, in its order: so that the view of a picture knows what comes before and after.

/** Ids of the pictures as they are shown, or were last. */
export let order = [];

/** Deleted pictures, which lists may still have for a moment. */
export const deleted = new Set();

export const setOrder = (ids) => { order = ids; };

/** Takes a picture that was deleted out of the library. */
export function forget(id) {
  deleted.add(id);
  setOrder(order.filter((other) => other !== id));
}
