// MAIN is never there: see index.ts. ANALYTICS may be left out.
interface Env {
	ANALYTICS?: AnalyticsEngineDataset;
	MAIN: Fetcher;
}
