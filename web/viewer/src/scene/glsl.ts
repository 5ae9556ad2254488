/** Shaders' common parts. All materials are raw: colours go to the screen as they are. */

import { ACROSS } from "../fleet";
import { DISCRETE, SLACK, TELEPORT } from "../motion";

const float = (value: number) => value.toFixed(4);

export const HEAD = `
precision highp float;
precision highp int;
precision highp sampler2D;
`;

/** The camera, and how many metres a pixel is at a point. */
export const CAMERA = `
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
uniform float uPixel;   // metres per pixel at a distance of 1 m
uniform float uMetres;  // metres per pixel at the point looked at
uniform float uRise;    // 0: everything flat on the ground, 1: to its height
uniform float uTallest; // what houses come close to but do not reach, m
vec4 seen(vec3 p) { return projectionMatrix * (viewMatrix * vec4(p, 1.0)); }
/** Tall houses are drawn lower the nearer the camera is: they would hide the streets. */
float height(float z) { return uTallest * (1.0 - exp(-z / uTallest)) * uRise; }
float pixelAt(vec4 clip) { return uPixel * clip.w; }
`;

/** \`placed\`: where a vehicle is now; the same as motion.ts, in which the tests hold it. FAR: straight
 * between two states, where nobody can see the difference. */
export const MOTION = `
uniform sampler2D uStateA;
uniform sampler2D uStateB;
uniform float uInto;
uniform float uSpan;
const float PI = 3.14159265358979;

struct Placed { vec2 at; float heading; float speed; int flags; bool there; };

ivec2 cell(int slot) { return ivec2(slot % ${ACROSS}, slot / ${ACROSS}); }

Placed alone(vec4 s, float after) {
  int code = int(s.w + 0.5);
  float speed = float(code & 255) * 0.25;
  return Placed(s.xy + vec2(sin(s.z), cos(s.z)) * speed * after, s.z, speed, code >> 8, true);
}

Placed placed(int slot) {
  vec4 a = texelFetch(uStateA, cell(slot), 0);
  vec4 b = texelFetch(uStateB, cell(slot), 0);
  if (a.w < 0.0 && (b.w < 0.0 || uInto < uSpan)) return Placed(vec2(0.0), 0.0, 0.0, 0, false);
  if (b.w < 0.0) return alone(a, uSpan > ${float(DISCRETE)} ? 0.0 : min(uInto, uSpan));
  if (a.w < 0.0 || uInto >= uSpan) return alone(b, max(0.0, uInto - uSpan));
  vec2 d = b.xy - a.xy;
  float way = length(d);
  if (way > ${float(TELEPORT)} * uSpan + ${float(SLACK)} || uSpan > ${float(DISCRETE)}) return alone(a, 0.0);
  float f = uInto / uSpan;
  vec2 p = d * f;
#ifndef FAR
  vec2 h0 = vec2(sin(a.z), cos(a.z));
  vec2 h1 = vec2(sin(b.z), cos(b.z));
  if (way >= 0.01 && dot(d, h0) >= 0.5 * way && dot(d, h1) >= 0.5 * way) {
    float g = 1.0 - f;
    p = f * f * (3.0 - 2.0 * f) * d + way * (f * g * g * h0 - f * f * g * h1);
  }
#endif
  float turn = b.z - a.z;
  turn -= 2.0 * PI * floor(turn / (2.0 * PI) + 0.5);
  int ca = int(a.w + 0.5);
  int cb = int(b.w + 0.5);
  float speed = mix(float(ca & 255), float(cb & 255), f) * 0.25;
  return Placed(a.xy + p, a.z + turn * f, speed, (f < 0.5 ? ca : cb) >> 8, true);
}
`;
