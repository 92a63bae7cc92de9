// Node: compiled and thrown away code, WebAssembly, workers, timers, children, sockets.
"use strict";
const { execFileSync, spawn } = require("child_process");
const crypto = require("crypto");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");
const { Worker, isMainThread, workerData } = require("worker_threads");

if (!isMainThread) {
	const shared = new Int32Array(workerData);
	for (let i = 0; i < 100000; i++) Atomics.add(shared, 0, 1);
	Atomics.wait(shared, 1, 0, 5000);
	Atomics.add(shared, 2, 1);
	return;
}

function hot(a, b) {
	return a + b;
}

function deoptimised() {
	let n = 0;
	for (let i = 0; i < 300000; i++) n = hot(n, 1);
	let s = hot("a", n);
	for (let i = 0; i < 100000; i++) n = hot(n, 0.5);
	return [s, n];
}

function fractal() {
	let inside = 0;
	for (let y = 0; y < 200; y++) {
		for (let x = 0; x < 200; x++) {
			let zr = 0, zi = 0, i = 0;
			for (; i < 100 && zr * zr + zi * zi < 4; i++) {
				const t = zr * zr - zi * zi + x / 80 - 2;
				zi = 2 * zr * zi + y / 80 - 1.25;
				zr = t;
			}
			if (i === 100) inside++;
		}
	}
	return inside;
}

function section(id, bytes) {
	return [id, bytes.length, ...bytes];
}

// f(n): the sum of 1 to n; g(address): a load, which may be out of bounds.
function wasmCode() {
	const loop = [
		1, 1, 127, // one local
		3, 64, // loop
		32, 1, 32, 0, 106, 33, 1, // sum += n
		32, 0, 65, 1, 107, 34, 0, // n -= 1
		65, 0, 74, 13, 0, 11, // again while n > 0
		32, 1, 11,
	];
	const load = [0, 32, 0, 40, 2, 0, 11];
	return new Uint8Array([
		0, 97, 115, 109, 1, 0, 0, 0,
		...section(1, [1, 96, 1, 127, 1, 127]),
		...section(3, [2, 0, 0]),
		...section(5, [1, 0, 1]),
		...section(7, [2, 1, 102, 0, 0, 1, 103, 0, 1]),
		...section(10, [2, loop.length, ...loop, load.length, ...load]),
	]);
}

function wasm() {
	const { f, g } = new WebAssembly.Instance(new WebAssembly.Module(wasmCode())).exports;
	let trapped = "";
	try {
		g(0x7ffffff0);
	} catch (e) {
		trapped = e.message;
	}
	return [f(100000) >>> 0, g(0), trapped];
}

function workers() {
	const buffer = new SharedArrayBuffer(12);
	const shared = new Int32Array(buffer);
	return Promise.all([1, 2, 3].map(() => new Promise((done) => {
		new Worker(__filename, { workerData: buffer }).on("exit", done);
		setTimeout(() => { Atomics.store(shared, 1, 1); Atomics.notify(shared, 1); }, 300);
	}))).then(() => [shared[0], shared[2]]);
}

function timers() {
	const order = [];
	return Promise.all([5, 2, 4, 1, 3].map((n) => new Promise((done) => {
		setTimeout(() => { order.push(n); done(); }, n * 30);
	}))).then(() => order);
}

function echo() {
	return new Promise((done) => {
		const data = crypto.createHash("sha512").update("x").digest();
		const server = net.createServer((s) => s.pipe(s)).listen(0, "127.0.0.1", () => {
			let got = 0;
			const c = net.connect(server.address().port, "127.0.0.1");
			c.on("data", (d) => {
				got += d.length;
				if (got === 64 * 2000) c.end();
			});
			c.on("close", () => { server.close(); done(got); });
			for (let i = 0; i < 2000; i++) c.write(data);
		});
	});
}

function child() {
	return new Promise((done) => {
		const c = spawn("/bin/sh", ["-c", "read x; echo got $x; kill -TERM $$"]);
		let out = "";
		c.stdout.on("data", (d) => { out += d; });
		c.on("close", (code, signal) => done([out, code, signal]));
		c.stdin.end("line\n");
	});
}

function files() {
	const f = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "node-")), "f");
	fs.writeFileSync(f, "x".repeat(1000000));
	const sum = crypto.createHash("sha256").update(fs.readFileSync(f)).digest("hex");
	fs.rmSync(path.dirname(f), { recursive: true });
	return sum;
}

function deep() {
	try {
		return (function f(n) { return f(n + 1) + 1; })(0);
	} catch (e) {
		return e.constructor.name;
	}
}

function garbage() {
	let kept = [];
	for (let i = 0; i < 300000; i++) {
		kept.push({ i, s: "s" + i });
		if (kept.length > 50000) kept = kept.slice(25000);
	}
	return kept.length;
}

async function main() {
	console.log("deoptimised", deoptimised());
	console.log("fractal", fractal());
	console.log("wasm", wasm());
	console.log("deep", deep());
	console.log("garbage", garbage());
	console.log("files", files());
	console.log("exec", execFileSync("/bin/echo", ["from a child"]).toString().trim());
	console.log("timers", await timers());
	console.log("workers", await workers());
	console.log("echo", await echo());
	console.log("child", await child());
	for (let i = 0; i < 50; i++) new Function("a", `return a * ${i}`)(i);
	console.log("done");
}

main();
