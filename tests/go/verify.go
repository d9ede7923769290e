// A verifier that nobody here wrote: Go's sumdb/note and sumdb/tlog, on what `sluice audit` gives
// out. Only reading the files is ours: paths of tiles and bundles of entries are C2SP's, where Go's
// checksum database has older ones.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go DIR
//
// DIR has: vkey (the log's verifier key), site (the exported tiles), proof and line (a proof of a
// record and the record), old, new and consistency (two checkpoints and the hashes between them, one
// a line).
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

var dir string

func main() {
	log.SetFlags(0)
	dir = os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read("vkey"))))
	check("the verifier key", err)
	tree := checkpoint(verifier, read("site/checkpoint"))
	every(tree)
	one(verifier)
	grown(verifier)
	fmt.Printf("%d records of %s verified\n", tree.N, verifier.Name())
}

// every checks that each entry is the leaf of the signed tree in its place.
func every(tree tlog.Tree) {
	hashes := tlog.TileHashReader(tree, tiles{})
	for first := int64(0); first < tree.N; first += 1 << height {
		width := tree.N - first
		if width > 1<<height {
			width = 1 << height
		}
		rest := read(filepath.Join("site", "tile/entries", place(first>>height, int(width))))
		for n := first; n < first+width; n++ {
			length := int(binary.BigEndian.Uint16(rest))
			entry := rest[2 : 2+length]
			rest = rest[2+length:]
			proof, err := tlog.ProveRecord(tree.N, n, hashes)
			check(fmt.Sprint("proving record ", n), err)
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(entry))
			check(fmt.Sprint("record ", n), err)
		}
		if len(rest) != 0 {
			log.Fatalf("%d bytes behind the entries from %d on", len(rest), first)
		}
	}
}

// one checks a proof that stands by itself (C2SP tlog-proof).
func one(verifier note.Verifier) {
	head, signed, found := strings.Cut(string(read("proof")), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		log.Fatal("no proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	check("the proof's index", err)
	tree := checkpoint(verifier, []byte(signed))
	leaf := tlog.RecordHash(read("line"))
	check("the proof", tlog.CheckRecord(parse(lines[2:]), tree.N, tree.Hash, index, leaf))
}

// grown checks that the tree of the old checkpoint is a prefix of that of the new one.
func grown(verifier note.Verifier) {
	old, new := checkpoint(verifier, read("old")), checkpoint(verifier, read("new"))
	proof := tlog.TreeProof(parse(strings.Fields(string(read("consistency")))))
	if old.N >= new.N {
		log.Fatal("it has not grown")
	}
	check("growth", tlog.CheckTree(proof, new.N, new.Hash, old.N, old.Hash))
}

func checkpoint(verifier note.Verifier, text []byte) tlog.Tree {
	signed, err := note.Open(text, note.VerifierList(verifier))
	check("a checkpoint's signature", err)
	lines := strings.Split(signed.Text, "\n")
	if lines[0] != verifier.Name() {
		log.Fatalf("a checkpoint of %s", lines[0])
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check("a checkpoint's size", err)
	root, err := tlog.ParseHash(lines[2])
	check("a checkpoint's root", err)
	return tlog.Tree{N: size, Hash: root}
}

func parse(lines []string) []tlog.Hash {
	var hashes []tlog.Hash
	for _, line := range lines {
		bytes, err := base64.StdEncoding.DecodeString(line)
		check("a hash", err)
		var hash tlog.Hash
		copy(hash[:], bytes)
		hashes = append(hashes, hash)
	}
	return hashes
}

// tiles reads tiles of hashes from C2SP's paths.
type tiles struct{}

func (tiles) Height() int { return height }

func (tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		path := filepath.Join("site", "tile", strconv.Itoa(tile.L), place(tile.N, tile.W))
		found = append(found, read(path))
	}
	return found, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// place is the path of a tile within its level: x001/x234/067, with .p/W where it is partial.
func place(n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	if width < 1<<height {
		path = fmt.Sprintf("%s.p/%d", path, width)
	}
	return path
}

func read(name string) []byte {
	bytes, err := os.ReadFile(filepath.Join(dir, name))
	check(name, err)
	return bytes
}

func check(what string, err error) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}
