// Files for the Library: those that are too large are named and not sent, the others are sent in
// batches that the server takes, from the field or from wherever they are dropped on the page.

const MAX_FILES = 50, MAX_FILE_BYTES = 20e6, MAX_BATCH_BYTES = 60e6; // as ui/service/upload_limits.py
const inFiles = (what) => document.querySelectorAll(`#files ${what}`);
const queue = [];
let fed = false; // whether the next event of the field is our own

const megabytes = (file) => `${Math.ceil(file.size / 1e6)} MB`;

function take(files) {
  const large = files.filter((file) => file.size > MAX_FILE_BYTES);
  queue.push(...files.filter((file) => file.size <= MAX_FILE_BYTES));
  const names = large.map((file) => `${file.name} (${megabytes(file)})`).join(", ");
  const are = large.length === 1 ? "1 file is" : `${large.length} files are`;
  tell(large.length ? `${are} over ${MAX_FILE_BYTES / 1e6} MB and not sent: ${names}.` : "");
}

function tell(text) {
  const told = document.getElementById("not-sent") || document.createElement("p");
  Object.assign(told, { id: "not-sent", textContent: text }).setAttribute("role", "alert");
  document.getElementById("files").after(told);
}

function feed() {
  const [input] = inFiles("input[type=file]");
  if (!queue.length || !input || inFiles("button").length > 1) return; // more: of files it has
  const batch = new DataTransfer();
  for (let bytes = 0; queue.length && batch.items.length < MAX_FILES; ) {
    bytes += queue[0].size;
    if (bytes > MAX_BATCH_BYTES && batch.items.length) break;
    batch.items.add(queue.shift());
  }
  fed = true;
  input.files = batch.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("change", (event) => {
  if (![...inFiles("input[type=file]")].includes(event.target)) return;
  if (fed) { fed = false; return; }
  event.stopPropagation();
  take([...event.target.files]);
}, true);

for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files") || !document.getElementById("files")) return;
    event.preventDefault();
    event.stopPropagation();
    if (name === "drop") take([...event.dataTransfer.files]);
  }, true);
}

setInterval(feed, 300);
