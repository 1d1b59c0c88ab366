/** The mark of the app. */
export function Logo() {
  return (
    <svg viewBox="0 0 18 18" fill="none" stroke="currentColor" strokeWidth="1.7" aria-hidden="true">
      <path d="M15.6 6.4A7.2 7.2 0 1 1 11.6 2.3" strokeLinecap="round" />
      <circle cx="9" cy="9" r="3" />
      <circle cx="14.4" cy="3.4" r="1.5" fill="currentColor" stroke="none" />
    </svg>
  );
}
