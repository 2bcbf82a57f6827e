// Package cart adds up what somebody buys.
package cart

import (
	"errors"
	"fmt"
)

// ErrEmpty says that there is nothing to pay.
var ErrEmpty = errors.New("empty")

// A Line is one article.
type Line struct {
	SKU    string
	Price  int64
	Amount int
}

type (
	// Lines are in the order in which they came.
	Lines []Line

	// Cart belongs to one owner.
	Cart struct {
		owner string
		lines Lines
	}
)

// New makes a cart.
func New(owner string) *Cart {
	return &Cart{owner: owner}
}

// Add puts a line at the end.
//
// It copies the line.
func (c *Cart) Add(line Line) {
	c.lines = append(c.lines, line)
}

func (c Cart) Total() (sum int64) {
	for _, line := range c.lines {
		sum += line.Price * int64(line.Amount)
	}
	return
}

func (c *Cart) String() string { return fmt.Sprintf("%s: %d", c.owner, c.Total()) }
