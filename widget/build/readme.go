package build

import (
	"fmt"
	"strings"
)

// rowStart is how the README's line about this widget begins, in the table beside others.
const rowStart = "| **this chat** |"

// Row is the README's line about this widget: what it weighs, minified and with brotli, in kB of 1,000 bytes.
func Row(parts []Part) string {
	weigh := func(upTo Kind) string {
		var minified, brotli int
		for _, part := range parts {
			if part.Kind <= upTo {
				minified += len(part.Bytes)
				brotli += part.Brotli
			}
		}
		return fmt.Sprintf("%.1f / %.1f", float64(minified)/1000, float64(brotli)/1000)
	}
	return fmt.Sprintf("%s **%s** | **%s**, with everything %s |", rowStart, weigh(Eager), weigh(First), weigh(Later))
}

// PutRow puts today's line into the README; it fails where there is none to replace.
func PutRow(readme string, parts []Part) (string, error) {
	lines := strings.Split(readme, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, rowStart) {
			lines[i] = Row(parts)
			return strings.Join(lines, "\n"), nil
		}
	}
	return "", fmt.Errorf("widget build: the README has no line that begins with %q", rowStart)
}
