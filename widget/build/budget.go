package build

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// budget is the most that a group of parts may weigh, in bytes.
type budget struct {
	what     string
	upTo     Kind // the heaviest kind that is counted
	minified int
	brotli   int
}

// budgets are promises to the sites that embed the widget: a build that breaks one fails.
var budgets = []budget{
	{"on every page", Eager, 2560, 1228},
	{"up to the first answer", First, 10240, 4710},
	{"all built-in parts", Later, 22000, 10000},
}

// Report prints what each part and each budget's group weighs, and fails when a budget is broken.
func Report(out io.Writer, parts []Part) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "file\tloaded\tminified\tgzip\tbrotli")
	for _, part := range parts {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\n", part.Name, part.Kind, len(part.Bytes), part.Gzip, part.Brotli)
	}
	fmt.Fprintln(table, "\t\t\t\t")
	var broken []error
	for _, b := range budgets {
		var minified, gzip, brotli int
		for _, part := range parts {
			if part.Kind <= b.upTo {
				minified += len(part.Bytes)
				gzip += part.Gzip
				brotli += part.Brotli
			}
		}
		fmt.Fprintf(table, "%s\tat most %d / %d\t%d\t%d\t%d\n", b.what, b.minified, b.brotli, minified, gzip, brotli)
		if minified > b.minified || brotli > b.brotli {
			broken = append(broken, fmt.Errorf("%s: %d bytes, %d with brotli; the budget is %d and %d", b.what, minified, brotli, b.minified, b.brotli))
		}
	}
	return errors.Join(append(broken, table.Flush())...)
}
