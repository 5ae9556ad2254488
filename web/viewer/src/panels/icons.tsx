/** Small line drawings on a 20 by 20 grid. */

const PATHS = {
  play: "M6.5 4v12l9.5-6z",
  pause: "M7 4.5v11M13 4.5v11",
  step: "M5 4.5v11l7.5-5.5zM15 4.5v11",
  loop: "M4.5 11V9a3.5 3.5 0 0 1 3.5-3.5h7M12.5 3l2.5 2.5L12.5 8M15.5 9v2a3.5 3.5 0 0 1-3.5 3.5H5M7.5 17 5 14.5 7.5 12",
  stop: "M5.5 5.5h9v9h-9z",
  restart: "M15.5 10a5.5 5.5 0 1 1-1.7-4M14.5 2.8v3.5H11",
  search: "M8.5 14a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM12.5 12.5 17 17",
  layers: "M10 3 3 6.8l7 3.8 7-3.8zM3.5 10.3 10 13.8l6.5-3.5M3.5 13.6 10 17.1l6.5-3.5",
  link: "M8.5 11.5l3-3M9 6.2l1.5-1.5a3.4 3.4 0 0 1 4.8 4.8L13.8 11M11 13.8l-1.5 1.5a3.4 3.4 0 0 1-4.8-4.8L6.2 9",
  keys: "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7",
  sun: "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2.5v1.8M10 15.7v1.8M2.5 10h1.8M15.7 10h1.8M4.7 4.7 6 6M14 14l1.3 1.3M15.3 4.7 14 6M6 14l-1.3 1.3",
  moon: "M16 11.8A6.5 6.5 0 0 1 8.2 4a6.5 6.5 0 1 0 7.8 7.8z",
  close: "M5 5l10 10M15 5 5 15",
  plus: "M10 4.5v11M4.5 10h11",
  minus: "M4.5 10h11",
  fit: "M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4",
  tilt: "M2.5 13.5 6 6.5h8l3.5 7zM10 6.5v7M4.3 10h11.4",
  north: "M10 2.5 14 16l-4-2.5L6 16z",
  follow: "M10 6.8a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4zM10 2v3M10 15v3M2 10h3M15 10h3",
  figures: "M3.5 16.5V9M8 16.5v-12M12.5 16.5v-5M17 16.5V7",
  city: "M4 3.5h5.5a3.5 3.5 0 0 1 0 7H7M7 3.5v13M14.5 9 11.5 13.2h4L12.8 17",
  messages:
    "M10 11.5v5M10 8.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zM6.5 13a5 5 0 0 1 0-7M13.5 13a5 5 0 0 0 0-7M4 15a8 8 0 0 1 0-11M16 15a8 8 0 0 0 0-11",
  events: "M4 5.5h.01M7.5 5.5h9M4 10h.01M7.5 10h9M4 14.5h.01M7.5 14.5h9",
  table: "M3 4.5h14v11H3zM3 8.2h14M3 11.8h14M8 4.5v11",
  stage: "M4 16.5 12.5 8M11 4.5l.9 1.9 2 .3-1.5 1.5.4 2.1M15.5 3v2.5M17 4.2h-3M16 11.5v2M17 12.5h-2",
  chevron: "M5.5 8l4.5 4.5L14.5 8",
  dock: "M3 4h14v12H3zM8 4v12",
  tour: "M5 16.5v-13l9.5 3.8L5 11",
  screen: "M3 4h14v9.5H3zM7 16.5h6M10 13.5v3",
  back: "M14 4.5v11L6.5 10zM5 4.5v11",
  next: "M6 4.5v11l7.5-5.5zM15 4.5v11",
  warning: "M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.3h.01",
  beside: "M3 4h14v12H3zM10 4v12M12.5 8.5h2M12.5 11.5h2M5.5 10h2",
  pin: "M10 17.5s5-5 5-8.5a5 5 0 0 0-10 0c0 3.5 5 8.5 5 8.5zM10 10.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      style={{ width: `${size / 10}rem`, height: `${size / 10}rem` }}
      viewBox="0 0 20 20"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
