// Conversations in this browser's local storage; the server keeps none.

const NAME = "assistant.conversations";
const MAX = 60; // conversations; the oldest are dropped

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) || "[]");
    return Array.isArray(kept) ? kept.filter((one) => one && one.id && Array.isArray(one.turns)) : [];
  } catch {
    return [];
  }
}

// Drops the oldest until the rest fits; false if not even one does.
function write(all) {
  let kept = all.slice(0, MAX);
  while (kept.length) {
    try {
      localStorage.setItem(NAME, JSON.stringify(kept));
      return true;
    } catch {
      kept = kept.slice(0, -1);
    }
  }
  try { localStorage.removeItem(NAME); } catch { return false; }
  return all.length === 0;
}

export const all = read;
export const find = (id) => read().find((one) => one.id === id);

export function put(conversation) {
  return write([conversation, ...read().filter((one) => one.id !== conversation.id)]);
}

export function rename(id, title) {
  write(read().map((one) => (one.id === id ? { ...one, title } : one)));
}

export function remove(id) {
  write(read().filter((one) => one.id !== id));
}

// The conversation opened last in this tab.
const OPEN = "assistant.open";
export const lastOpen = () => { try { return sessionStorage.getItem(OPEN) || localStorage.getItem(OPEN) || ""; } catch { return ""; } };
export const setOpen = (id) => { try { sessionStorage.setItem(OPEN, id); localStorage.setItem(OPEN, id); } catch { /* private window: nothing is kept */ } };
