// What an import of the package gives where pages are only rendered: there is nothing to show a button on.
export {};
