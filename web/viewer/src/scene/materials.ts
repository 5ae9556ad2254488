/** Raw materials over shared uniforms. */

import { CustomBlending, GLSL3, NoBlending, OneFactor, OneMinusSrcAlphaFactor, RawShaderMaterial } from "three";
import type { IUniform, Side } from "three";
import { CAMERA, HEAD } from "./glsl";
import { DoubleSide } from "three";

export type Uniforms = Record<string, IUniform>;

/** Uniforms that all materials share; set once a frame. */
export interface Shared extends Uniforms {
  uPixel: IUniform<number>;
  uMetres: IUniform<number>;
  uRise: IUniform<number>;
  uTallest: IUniform<number>;
  /** Wall clock of what moves by itself (pulses, blinkers), s; rests under pause. */
  uBeat: IUniform<number>;
}

export function shared(): Shared {
  return {
    uPixel: { value: 1 },
    uMetres: { value: 1 },
    uRise: { value: 0 },
    uTallest: { value: 100 },
    uBeat: { value: 0 },
  };
}

export interface Look {
  /** Colours with alpha, premultiplied by the shader. */
  blend?: boolean;
  depth?: boolean;
  side?: Side;
}

export function material(
  common: Shared,
  own: Uniforms,
  vertex: string,
  fragment: string,
  look: Look = {},
): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    // The objects themselves are shared, so that a value set once is set for all.
    uniforms: { ...common, ...own },
    vertexShader: HEAD + CAMERA + vertex,
    fragmentShader: `${HEAD}out vec4 colour;\n${fragment}`,
    // All in one list, in the order that renderOrder says.
    transparent: true,
    blending: look.blend ? CustomBlending : NoBlending,
    blendSrc: OneFactor,
    blendDst: OneMinusSrcAlphaFactor,
    depthTest: look.depth ?? false,
    depthWrite: look.depth ?? false,
    side: look.side ?? DoubleSide,
  });
}
