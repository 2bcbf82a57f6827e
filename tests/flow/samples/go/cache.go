//go:build linux

package cache

import (
	"sync"
	"time"
)

type entry struct {
	value   any
	expires time.Time
}

type Cache struct {
	mu      sync.RWMutex
	entries map[string]entry
}

func (c *Cache) Get(key string) (any, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found, ok := c.entries[key]
	if !ok || time.Now().After(found.expires) {
		return nil, false
	}
	return found.value, true
}

func (c *Cache) Put(key string, value any, ttl time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[string]entry)
	}
	c.entries[key] = entry{value, time.Now().Add(ttl)}
}

func init() {}

func init() {
	println("twice")
}
