package parse

import "strconv"

type Parser struct {
	text string
	at   int
}

func (p *Parser) Parse() (int, error) {
	value, err := p.term()
	if err != nil {
		return 0, err
	}
loop:
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '+':
			p.at++
			next, err := p.term()
			if err != nil {
				return 0, err
			}
			value += next
		default:
			break loop
		}
	}
	return value, nil
}

/*
term reads a number.
*/
func (p *Parser) term() (int, error) {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return strconv.Atoi(p.text[start:p.at])
}
