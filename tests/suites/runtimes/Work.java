// Java: compiled code, implicit null checks and stack banging (by faults), safepoints, collectors, threads.
import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.stream.*;

public class Work {
	static class Node {
		int value;
		Node next;
	}

	static int valueOf(Node n) {
		return n.value;
	}

	// Once compiled, the check for null is a fault at a low address.
	static int nulls() {
		Node n = new Node();
		int caught = 0, sum = 0;
		for (int i = 0; i < 200000; i++) {
			n.value = i;
			sum += valueOf(n);
		}
		for (int i = 0; i < 1000; i++) {
			try {
				sum += valueOf(null);
			} catch (NullPointerException e) {
				caught++;
			}
		}
		return caught;
	}

	static int depth;

	static int deeper() {
		depth++;
		return deeper() + 1;
	}

	static String overflow() {
		for (int i = 0; i < 3; i++) {
			try {
				deeper();
			} catch (StackOverflowError e) {
				continue;
			}
			return "none";
		}
		return depth > 1000 ? "caught" : "early";
	}

	static int divide(int a, int b) {
		return a / b;
	}

	static String divided() {
		int sum = 0;
		for (int i = 1; i < 50000; i++)
			sum += divide(i * 10, i);
		try {
			return "" + divide(sum, 0);
		} catch (ArithmeticException e) {
			return sum + " " + e.getMessage();
		}
	}

	static long garbage() throws Exception {
		ExecutorService pool = Executors.newFixedThreadPool(4);
		List<Future<Long>> all = new ArrayList<>();
		for (int t = 0; t < 4; t++)
			all.add(pool.submit(() -> {
				long total = 0;
				Map<Integer, byte[]> kept = new HashMap<>();
				for (int i = 0; i < 60000; i++) {
					kept.put(i % 500, new byte[i % 2000]);
					total += kept.get(i % 500).length;
				}
				return total;
			}));
		long sum = 0;
		for (Future<Long> f : all)
			sum += f.get();
		pool.shutdown();
		return sum;
	}

	static int locks() throws Exception {
		Object lock = new Object();
		int[] count = new int[1];
		List<Thread> threads = new ArrayList<>();
		for (int t = 0; t < 8; t++) {
			Thread th = new Thread(() -> {
				for (int i = 0; i < 20000; i++)
					synchronized (lock) {
						count[0]++;
					}
			});
			th.start();
			threads.add(th);
		}
		for (Thread t : threads)
			t.join();
		return count[0];
	}

	static volatile boolean stop;

	// A loop that compiled code leaves only at a safepoint.
	static String safepoints() throws Exception {
		Thread t = new Thread(() -> {
			long x = 0;
			while (!stop)
				x += 3;
		});
		t.start();
		for (int i = 0; i < 20; i++) {
			Thread.sleep(5);
			System.gc();
		}
		stop = true;
		t.join(5000);
		return t.isAlive() ? "stuck" : "ended";
	}

	static List<Integer> timers() throws Exception {
		ScheduledExecutorService s = Executors.newScheduledThreadPool(1);
		List<Integer> order = Collections.synchronizedList(new ArrayList<>());
		for (int n : new int[] { 5, 2, 4, 1, 3 })
			s.schedule(() -> order.add(n), n * 40, TimeUnit.MILLISECONDS);
		s.shutdown();
		s.awaitTermination(5, TimeUnit.SECONDS);
		return order;
	}

	static int sockets() throws Exception {
		ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
		Thread t = new Thread(() -> {
			try (Socket s = server.accept()) {
				s.getInputStream().transferTo(s.getOutputStream());
			} catch (IOException e) {
				System.out.println(e);
			}
		});
		t.start();
		int good = 0;
		try (Socket s = new Socket(server.getInetAddress(), server.getLocalPort())) {
			BufferedReader r = new BufferedReader(new InputStreamReader(s.getInputStream()));
			for (int i = 0; i < 500; i++) {
				s.getOutputStream().write((i + "\n").getBytes());
				if (r.readLine().equals("" + i))
					good++;
			}
		}
		t.join();
		server.close();
		return good;
	}

	static String child() throws Exception {
		Process p = new ProcessBuilder("/bin/sh", "-c", "echo from a child; exit 3").start();
		String out = new String(p.getInputStream().readAllBytes()).trim();
		return out + " " + p.waitFor();
	}

	static int mapped() throws Exception {
		Path f = Files.createTempFile("work", null);
		try (FileChannel c = FileChannel.open(f, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
			MappedByteBuffer b = c.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 20);
			for (int i = 0; i < 1 << 20; i += 4)
				b.putInt(i, i);
			b.force();
		}
		int sum = 0;
		IntBuffer b = ByteBuffer.wrap(Files.readAllBytes(f)).asIntBuffer();
		while (b.hasRemaining())
			sum += b.get();
		Files.delete(f);
		return sum;
	}

	public static void main(String[] args) throws Exception {
		System.out.println("nulls " + nulls());
		System.out.println("overflow " + overflow());
		System.out.println("divided " + divided());
		System.out.println("garbage " + garbage());
		System.out.println("locks " + locks());
		System.out.println("safepoints " + safepoints());
		System.out.println("timers " + timers());
		System.out.println("sockets " + sockets());
		System.out.println("child " + child());
		System.out.println("mapped " + mapped());
		System.out.println("streams " + IntStream.range(0, 2000000).parallel().filter(i -> i % 7 == 3).asLongStream().sum());
		AtomicInteger forked = new AtomicInteger();
		ForkJoinPool.commonPool().invokeAll(Collections.nCopies(200, () -> forked.incrementAndGet()));
		System.out.println("forked " + forked);
		System.out.println("sorted " + new Random(5).ints(200000).sorted().boxed().reduce(0, (a, b) -> a * 31 + b));
	}
}
