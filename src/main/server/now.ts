/** This computer's clock, for what no store is asked for. */
export const isoNow = (): string => new Date().toISOString().replace("Z", "000Z");
