// Go: goroutines on many threads, preemption by signals, timers, faults, children, sockets.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func sieve(n int) int {
	ch := make(chan int)
	go func() {
		for i := 2; ; i++ {
			ch <- i
		}
	}()
	prime := 0
	for i := 0; i < n; i++ {
		prime = <-ch
		next := make(chan int)
		go func(in <-chan int, out chan<- int, p int) {
			for {
				if v := <-in; v%p != 0 {
					out <- v
				}
			}
		}(ch, next, prime)
		ch = next
	}
	return prime
}

// A loop without calls gives way only when a signal interrupts it.
func preempted() bool {
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	var stop int32
	go func() { atomic.StoreInt32(&stop, 1) }()
	for atomic.LoadInt32(&stop) == 0 {
	}
	return true
}

func fault() (what interface{}) {
	defer func() { what = recover() }()
	var p *struct{ pad, x int }
	return p.x
}

func divided(by int) (what interface{}) {
	defer func() { what = recover() }()
	return 1 / by
}

func timers() []int {
	var order []int
	var lock sync.Mutex
	var wg sync.WaitGroup
	for _, n := range []int{5, 2, 4, 1, 3} {
		n := n
		wg.Add(1)
		time.AfterFunc(time.Duration(n)*200*time.Millisecond, func() {
			lock.Lock()
			order = append(order, n)
			lock.Unlock()
			wg.Done()
		})
	}
	wg.Wait()
	return order
}

func signals() int {
	c := make(chan os.Signal, 100)
	signal.Notify(c, syscall.SIGUSR1)
	for i := 0; i < 50; i++ {
		syscall.Kill(os.Getpid(), syscall.SIGUSR1)
		<-c
	}
	return 50
}

func echo() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return -1
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(c, c)
		}
	}()
	var good int32
	var wg sync.WaitGroup
	for i := 0; i < 20; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				return
			}
			defer c.Close()
			r := bufio.NewReader(c)
			for j := 0; j < 50; j++ {
				fmt.Fprintf(c, "%d %d\n", i, j)
				line, _ := r.ReadString('\n')
				if line == fmt.Sprintf("%d %d\n", i, j) {
					atomic.AddInt32(&good, 1)
				}
			}
		}(i)
	}
	wg.Wait()
	return int(good)
}

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func (n *node) count() int {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}

func garbage() int {
	var total int64
	var wg sync.WaitGroup
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 20; j++ {
				atomic.AddInt64(&total, int64(tree(12).count()))
			}
		}()
	}
	wg.Wait()
	return int(total)
}

func threads() int {
	var wg sync.WaitGroup
	ids := make(chan int, 16)
	for i := 0; i < 16; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			ids <- syscall.Gettid()
			time.Sleep(10 * time.Millisecond)
		}()
	}
	wg.Wait()
	close(ids)
	seen := map[int]bool{}
	for id := range ids {
		seen[id] = true
	}
	return len(seen)
}

func main() {
	fmt.Println("prime", sieve(400))
	fmt.Println("preempted", preempted())
	fmt.Println("fault:", fault())
	fmt.Println("divided:", divided(0))
	fmt.Println("timers", timers())
	fmt.Println("signals", signals())
	fmt.Println("echo", echo())
	fmt.Println("garbage", garbage())
	fmt.Println("threads", threads())
	out, err := exec.Command("/bin/sh", "-c", "echo from a child; exit 3").Output()
	fmt.Printf("child %q %v\n", out, err)
	words := make([]int, 100000)
	for i := range words {
		words[i] = i * 7919 % 100003
	}
	sort.Ints(words)
	fmt.Println("sorted", words[0], words[len(words)-1])
	start := time.Now()
	time.Sleep(50 * time.Millisecond)
	fmt.Println("slept", time.Since(start) >= 50*time.Millisecond)
}
