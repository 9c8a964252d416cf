// Rows in a Durable Object's SQLite: the statements are the core's.

import type { Find, Row, Value } from "./codec.gen";
import { count } from "./counters";
import type { Schema } from "./instance";

const lastKey = 2 ** 28 - 1; // records.KeyBits

const below = (before: number): number => (before > 0 ? before - 1 : lastKey);

export class Rows {
	/** The tables that are there. They are made with the first row, so that nothing is written before a visitor passed. */
	private there: Set<string> | undefined;

	constructor(
		private readonly storage: DurableObjectStorage,
		private readonly schema: Schema,
	) {}

	private run(sql: string, ...values: (string | number)[]): SqlStorageCursor<Record<string, SqlStorageValue>> {
		const cursor = this.storage.sql.exec(sql, ...values);
		return cursor;
	}

	private tables(): Set<string> {
		if (this.there) return this.there;
		const cursor = this.run("SELECT name, sql FROM sqlite_master WHERE type = 'table'");
		const made = cursor.toArray();
		count("rowsRead", cursor.rowsRead);
		for (const { name, sql } of made) this.complete(String(name), String(sql));
		this.there = new Set(made.map((r) => String(r.name)));
		return this.there;
	}

	/** Adds the columns that a table, made by such a statement, has not yet. */
	private complete(name: string, sql: string): void {
		const later = this.schema.tables.find((t) => t.name === name)?.later ?? {};
		for (const [column, add] of Object.entries(later)) {
			if (!sql.includes(` ${column} `)) this.run(add);
		}
	}

	/** Writes rows, all or none. */
	put(rows: Row[]): void {
		if (rows.length === 1) return this.putOne(rows[0]!); // a savepoint costs more than the row
		this.storage.transactionSync(() => {
			for (const row of rows) this.putOne(row);
		});
	}

	private putOne(row: Row): void {
		const table = this.schema.tables[row.table - 1]!;
		if (!this.tables().has(table.name)) {
			const made = this.run(table.create);
			count("rowsWritten", made.rowsWritten);
			this.tables().add(table.name);
		}
		const cursor = row.delete
			? this.run(table.delete, row.key)
			: this.run(table.put, row.key, ...row.values.map((v, i) => (table.kinds[i] === "t" ? v.text : v.int)));
		count("rowsWritten", cursor.rowsWritten);
	}

	/** Reads the newest rows with keys below before, 0 for all. */
	range(number: number, before: number, limit: number): Row[] {
		return this.read(number, this.schema.tables[number - 1]!.range, 0, below(before), limit);
	}

	/** Reads the messages that fit. */
	find(number: number, f: Find): Row[] {
		if (f.limit === 0) return [];
		return this.read(number, this.schema.find, 0, below(f.before), f.changed ? 1 : 0, f.deskID, f.clientID, f.limit, f.after, f.upTo);
	}

	private read(number: number, sql: string, ...bound: (string | number)[]): Row[] {
		const table = this.schema.tables[number - 1]!;
		if (!this.tables().has(table.name)) return [];
		const cursor = this.run(sql, ...bound);
		const rows: Row[] = [];
		for (const [key, ...columns] of cursor.raw()) {
			const values = columns.map((c, i): Value => (table.kinds[i] === "t" ? { int: 0, text: String(c) } : { int: Number(c), text: "" }));
			rows.push({ table: number, key: Number(key), delete: false, values });
		}
		count("rowsRead", cursor.rowsRead);
		return rows;
	}

	/** What an actor is rebuilt from. */
	tail(name: string): Row[] {
		const tails = this.schema.tails[name];
		// An actor rebuilt from nothing would have forgotten everything without a word.
		if (!tails) throw new Error(`the core does not say what ${name} is rebuilt from`);
		return tails.flatMap((t) => this.range(t.table, 0, t.limit));
	}

	/** Forgets what is there: everything was deleted. */
	erased(): void {
		this.there = undefined;
	}
}
