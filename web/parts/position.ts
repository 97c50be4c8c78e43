// Where a device is.

/** Asks the device where it is, to five decimals (a metre): `36.45678,115.98765`; empty where it does not say. */
export const whereAmI = (): Promise<string> =>
  new Promise((resolve) => {
    if (!navigator.geolocation) return resolve("");
    const told = ({ coords }: GeolocationPosition) => resolve(`${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`);
    navigator.geolocation.getCurrentPosition(told, () => resolve(""), { timeout: 5_000, maximumAge: 60_000 });
  });
