package raw

const usage = `
usage: raw [flags]
	-v	verbose
`

func Usage() string {
	return `
one
  two
	three
` + usage
}

func Query(table string) string {
	return "SELECT * FROM " + table + `
WHERE id = $1`
}
