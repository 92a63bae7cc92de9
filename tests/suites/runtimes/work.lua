-- LuaJIT: hot loops that get compiled, side exits, coroutines, calls and callbacks of C.
local ffi = require("ffi")
ffi.cdef [[
int getppid(void);
int abs(int);
void qsort(void *base, size_t n, size_t size, int (*compare)(const int *, const int *));
void *mmap(void *, size_t, int, int, int, long);
]]

print("jit", jit.status() and "on" or "off", jit.arch)

local function sieve(n)
	local composite, primes = {}, 0
	for i = 2, n do
		if not composite[i] then
			primes = primes + 1
			for j = i * i, n, i do composite[j] = true end
		end
	end
	return primes
end
print("primes", sieve(200000))

-- Floating point over all rounds of compiling and leaving compiled code.
local sum = 0
for round = 1, 50 do
	for i = 1, 20000 do
		sum = sum + (i % (round + 1) == 0 and 1 / i or -1 / (i * 2))
	end
end
print("sum", ("%.12f"):format(sum))

-- Compiled code that makes calls of the system.
local parent, same = ffi.C.getppid(), 0
for _ = 1, 100000 do
	if ffi.C.getppid() == parent then same = same + 1 end
end
print("calls", same)

-- Compiled code called back from C.
local a = ffi.new("int[1000]")
for i = 0, 999 do a[i] = (i * 7919) % 1009 end
local compare = ffi.cast("int (*)(const int *, const int *)", function(x, y) return x[0] - y[0] end)
ffi.C.qsort(a, 1000, 4, compare)
local sorted = true
for i = 1, 999 do sorted = sorted and a[i - 1] <= a[i] end
print("sorted", sorted, a[0], a[999])
compare:free()

local co = coroutine.wrap(function()
	for i = 1, 100000 do coroutine.yield(i) end
end)
local yielded = 0
for _ = 1, 100000 do yielded = yielded + co() end
print("yielded", yielded)

-- Code thrown away and compiled again, often.
local total = 0
for round = 1, 200 do
	local f = loadstring(("local x = 0 for i = 1, 300 do x = x + i * %d end return x"):format(round))
	total = total + f()
	if round % 20 == 0 then jit.flush() end
end
print("total", total)

local words = {}
for i = 1, 20000 do words[#words + 1] = ("w%x"):format(i * 2654435761 % 4294967296) end
table.sort(words)
print("words", words[1], words[#words], #table.concat(words))
print("failed", pcall(function() local t = nil; return t.x end))
