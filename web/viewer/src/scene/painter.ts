/** The renderer. With a GPU all is drawn every frame. In software the city is drawn into a layer that is kept while the
 * camera rests (and moved along while it only pans); each frame draws what moves on top of it. */

import {
  BufferAttribute,
  BufferGeometry,
  ColorManagement,
  DepthTexture,
  Mesh,
  NearestFilter,
  PerspectiveCamera,
  type RawShaderMaterial,
  Scene,
  Texture,
  UnsignedIntType,
  WebGLRenderer,
  WebGLRenderTarget,
} from "three";
import type { View } from "./api";
import { aim, distanceOf, project, same, type Size, unproject } from "./camera";
import { material, shared, type Shared } from "./materials";
import { rgb } from "./style";

ColorManagement.enabled = false;

/** What is said where nothing can be drawn. */
export const NO_WEBGL =
  "This browser offers no WebGL 2, which the map is drawn with. Switch on hardware acceleration (or software " +
  "rendering) in its settings, or use a current Firefox, Chromium or Safari.";
export const LOST_CONTEXT = "The browser has taken the graphics away; the picture comes back when it returns them.";

/** How much wider than the picture the layer is while the camera moves. */
const MARGIN = 1.3;
/** Frames that take longer than this lower the resolution, s; and shares of the full one. */
const SLOW = 0.085;
const SHARES = [1, 0.75, 0.55, 0.4];
/** Pixels drawn at most, without and with a GPU: of 1280 x 720 and of 4K. */
const MOST_SOFTWARE = 1280 * 720;
const MOST = 3840 * 2160;
/** So many slow frames in a row lower it, four times as many fast ones restore it. */
const PATIENCE = 12;
/** Buildings have risen to their height at this tilt, degrees. */
const RISEN = 14;
/** Houses come close to this share of the span, m per m. */
const TALLEST = 0.15;

/** Pixels of the canvas for one of the scene, at full resolution: what the screen has, within what can be drawn. */
export function finest(size: Size, scale: number, screen: number, software: boolean): number {
  const most = Math.sqrt((software ? MOST_SOFTWARE : MOST) / (size.width * size.height));
  return Math.min(software ? scale : Math.min(screen, 2) * scale, most);
}

/** Software renderers by name: SwiftShader, Mesa's llvmpipe and softpipe, Windows' WARP. */
export function isSoftware(name: string): boolean {
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

/** Name of what would draw, or null where there is no WebGL2. */
export function rendererName(): string | null {
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) return null;
  const info = context.getExtension("WEBGL_debug_renderer_info");
  const name = String(context.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

const LAYER_VERTEX = `
in vec3 position;
in vec2 uv;
out vec2 vUv;
uniform int uFlat;
void main() {
  vUv = uv;
  gl_Position = uFlat == 1 ? seen(position) : vec4(uv * 2.0 - 1.0, 0.0, 1.0);
}
`;

/** Moved along or scaled: filtered. */
const LAYER_MOVED = `
in vec2 vUv;
uniform sampler2D uLayer;
void main() { colour = vec4(texture(uLayer, vUv).rgb, 1.0); }
`;

/** Pixel by pixel: a third of the cost. */
const LAYER_STILL = `
uniform sampler2D uLayer;
void main() { colour = texelFetch(uLayer, ivec2(gl_FragCoord.xy), 0); }
`;

const LAYER_WITH_DEPTH = `
uniform sampler2D uLayer;
uniform sampler2D uDepth;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  colour = texelFetch(uLayer, at, 0);
  gl_FragDepth = texelFetch(uDepth, at, 0).r;
}
`;

interface Layer {
  target: WebGLRenderTarget;
  fine: boolean;
  view: View;
  version: number;
  margin: number;
}

export class Painter {
  readonly canvas: HTMLCanvasElement;
  readonly camera = new PerspectiveCamera();
  readonly shared: Shared = shared();
  /** What lies on the ground, what stands on it, and what moves. */
  readonly ground = new Scene();
  readonly upright = new Scene();
  readonly moving = new Scene();
  size: Size = { width: 1, height: 1 };
  /** Raised by who changes what the kept layer shows. */
  version = 0;
  lost = false;
  private readonly renderer: WebGLRenderer;
  private readonly layerCamera = new PerspectiveCamera();
  private readonly layerScene = new Scene();
  private readonly movedLook: RawShaderMaterial;
  private readonly stillLook: RawShaderMaterial;
  private readonly depthLook: RawShaderMaterial;
  private readonly layerMesh: Mesh<BufferGeometry, RawShaderMaterial>;
  private layer: Layer | null = null;
  /** Place in SHARES, for a camera that moves and for one that rests; and the one in use. */
  private readonly shares = { moving: 0, resting: 0 };
  private share = 0;
  private scale = 1;
  /** Slow frames in a row; fast ones count below 0. */
  private slow = 0;
  private renewed = false;
  /** Of the width, what is drawn of it. */
  private part: [number, number] = [0, 1];
  private background: [number, number, number] = [0, 0, 0];

  constructor(
    readonly software: boolean,
    onContext: (lost: boolean) => void,
  ) {
    const canvas = document.createElement("canvas");
    // Opaque, which three.js by itself does not offer: the browser need not blend it with the page.
    const context = canvas.getContext("webgl2", {
      alpha: false,
      antialias: !software,
      powerPreference: "high-performance",
    });
    if (!context) throw new Error("no WebGL 2 context");
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.autoClear = false;
    this.renderer.sortObjects = true;
    this.renderer.debug.checkShaderErrors = import.meta.env?.DEV ?? false;
    this.canvas = this.renderer.domElement;
    this.canvas.addEventListener("webglcontextlost", () => {
      this.lost = true;
      this.forget();
      onContext(true);
    });
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.lost = false;
      onContext(false);
    });
    for (const scene of [this.ground, this.upright, this.moving, this.layerScene]) scene.matrixAutoUpdate = false;
    const still = { uLayer: { value: null }, uFlat: { value: 0 } };
    this.movedLook = material(this.shared, { uLayer: { value: null }, uFlat: { value: 1 } }, LAYER_VERTEX, LAYER_MOVED);
    this.stillLook = material(this.shared, still, LAYER_VERTEX, LAYER_STILL);
    this.depthLook = material(this.shared, { ...still, uDepth: { value: null } }, LAYER_VERTEX, LAYER_WITH_DEPTH, {
      depth: true,
    });
    const quad = new BufferGeometry();
    quad.setAttribute("position", new BufferAttribute(new Float32Array(12), 3));
    quad.setAttribute("uv", new BufferAttribute(Float32Array.of(0, 0, 1, 0, 1, 1, 0, 1), 2));
    quad.setIndex([0, 1, 2, 0, 2, 3]);
    this.layerMesh = new Mesh(quad, this.stillLook);
    this.layerMesh.frustumCulled = false;
    this.layerScene.add(this.layerMesh);
  }

  /** `scale`: CSS pixels in a pixel of the scene. */
  resize(size: Size, scale = this.scale): void {
    this.size = size;
    this.scale = scale;
    this.renderer.setPixelRatio(finest(size, scale, window.devicePixelRatio || 1, this.software) * SHARES[this.share]);
    this.renderer.setSize(size.width, size.height, false);
    this.canvas.style.width = `${size.width * scale}px`;
    this.canvas.style.height = `${size.height * scale}px`;
    this.dropLayer();
  }

  clearColour(hex: string): void {
    this.background = rgb(hex);
    this.version++;
  }

  /** Draw this part of the width alone, 0 to 1. */
  clip(from: number, to: number): void {
    this.part = [from, to];
  }

  /** Set the camera and what shaders know of it. */
  look(view: View): void {
    aim(this.camera, view, this.size);
    const tangent = Math.tan((this.camera.fov * Math.PI) / 360);
    // Of the page, not of the canvas: sizes stay the same on any screen and at any resolution.
    this.shared.uPixel.value = (2 * tangent) / this.size.height;
    this.shared.uMetres.value = this.shared.uPixel.value * distanceOf(view);
    const rise = Math.min(1, view.tilt / RISEN);
    this.shared.uTallest.value = 5 + TALLEST * view.span;
    this.shared.uRise.value = rise * rise * (3 - 2 * rise);
  }

  /** Draw a frame. `moves`: the camera does, so that the kept layer may be coarse. */
  draw(view: View, moves: boolean): void {
    if (this.lost) return;
    const share = this.shares[moves ? "moving" : "resting"];
    if (share !== this.share) {
      this.share = share;
      this.slow = 0;
      this.resize(this.size);
    }
    this.look(view);
    const { renderer, size } = this;
    const [from, to] = this.part;
    renderer.setScissor(from * size.width, 0, Math.max(0, to - from) * size.width, size.height);
    renderer.setScissorTest(from > 0 || to < 1);
    // A layer that only lasts for one frame is a detour.
    if (!this.software || (moves && this.shared.uRise.value > 0)) {
      renderer.setRenderTarget(null);
      this.renewed = false;
      this.clear();
      this.drawCity(this.camera);
    } else {
      this.keepLayer(view, moves);
      renderer.setRenderTarget(null);
      if (this.shared.uRise.value > 0) this.showTilted();
      else this.showFlat(view);
    }
    renderer.render(this.moving, this.camera);
  }

  /** The kept layer is not as fine as it can be: draw again when the camera rests. */
  coarse(view: View): boolean {
    return this.software && !(this.layer?.fine && same(this.layer.view, view) && this.layer.version === this.version);
  }

  /** A frame has taken so long; lowers or restores the resolution. True where that changed. */
  timed(seconds: number, moves: boolean): boolean {
    // A frame in which the city was drawn anew says nothing about those to come.
    if (this.renewed) {
      this.renewed = false;
      return false;
    }
    const most = this.software ? SLOW : 0.04;
    // A few that are very slow say as much as many that are a little.
    const weight = seconds > 3 * most ? 5 : 1;
    this.slow =
      seconds > most ? Math.max(weight, this.slow + weight) : seconds < 0.5 * most ? Math.min(-1, this.slow - 1) : 0;
    const step = this.slow > PATIENCE ? 1 : this.slow < -4 * PATIENCE ? -1 : 0;
    const mode = moves ? "moving" : "resting";
    const share = Math.min(Math.max(this.shares[mode] + step, 0), SHARES.length - 1);
    if (share === this.shares[mode]) return false;
    this.shares[mode] = share;
    this.slow = 0;
    return true;
  }

  dispose(): void {
    this.dropLayer();
    this.layerMesh.geometry.dispose();
    this.movedLook.dispose();
    this.stillLook.dispose();
    this.depthLook.dispose();
    this.renderer.dispose();
    this.canvas.remove();
  }

  /** The lost context's buffers and programs: without this they would be asked for again of the new one. */
  private forget(): void {
    this.dropLayer();
    for (const look of [this.movedLook, this.stillLook, this.depthLook]) look.dispose();
    for (const scene of [this.ground, this.upright, this.moving, this.layerScene])
      scene.traverse((one) => {
        if (!(one instanceof Mesh)) return;
        const { geometry, material: look } = one as Mesh<BufferGeometry, RawShaderMaterial>;
        geometry.dispose();
        look.dispose();
        for (const { value } of Object.values(look.uniforms)) if (value instanceof Texture) value.dispose();
      });
  }

  private clear(): void {
    this.renderer.getContext().clearColor(...this.background, 1);
    this.renderer.state.buffers.color.setClear(...this.background, 1, false);
    this.renderer.clear(true, true, false);
  }

  private drawCity(camera: PerspectiveCamera): void {
    this.renderer.render(this.ground, camera);
    this.renderer.clearDepth();
    this.renderer.render(this.upright, camera);
  }

  private keepLayer(view: View, moves: boolean): void {
    const kept = this.layer;
    if (kept && kept.version === this.version) {
      if (same(kept.view, view) && (moves || kept.fine)) return;
      if (moves && this.covers(kept, view)) return;
    }
    const fine = !moves;
    const margin = fine ? 1 : this.shared.uRise.value > 0 ? 1 : MARGIN;
    const width = Math.round(this.canvas.width * margin);
    const height = Math.round(this.canvas.height * margin);
    let target = kept?.target;
    if (!target || kept?.fine !== fine || target.width !== width || target.height !== height) {
      this.dropLayer();
      target = new WebGLRenderTarget(width, height, { samples: fine ? 4 : 0, depthBuffer: true });
      target.depthTexture = new DepthTexture(width, height, UnsignedIntType);
      target.texture.generateMipmaps = false;
      target.depthTexture.minFilter = target.depthTexture.magFilter = NearestFilter;
    }
    this.renewed = true;
    this.layer = { target, fine, view: { ...view }, version: this.version, margin };
    aim(this.layerCamera, view, this.size, margin);
    this.renderer.setRenderTarget(target);
    this.clear();
    this.drawCity(this.layerCamera);
    this.placeQuad();
  }

  /** The kept layer can stand in for the picture of another view from straight above. */
  private covers(kept: Layer, view: View): boolean {
    if (kept.view.tilt > 0 || view.tilt > 0) return false;
    const scale = view.span / kept.view.span;
    if (scale < 0.72 || scale > 1.2) return false;
    const { width, height } = this.size;
    for (const [left, top] of [
      [0, 0],
      [width, 0],
      [0, height],
      [width, height],
    ]) {
      const at = unproject(this.camera, this.size, left, top);
      const on = at && project(this.layerCamera, this.size, at[0], at[1]);
      if (!on || on[0] < 0 || on[1] < 0 || on[0] > width || on[1] > height) return false;
    }
    return true;
  }

  /** The ground that the kept layer shows, as a quad. */
  private placeQuad(): void {
    const position = this.layerMesh.geometry.getAttribute("position");
    const { width, height } = this.size;
    [
      [0, height],
      [width, height],
      [width, 0],
      [0, 0],
    ].forEach(([left, top], i) => {
      const [x, y] = unproject(this.layerCamera, this.size, left, top) ?? [0, 0];
      position.setXYZ(i, x, y, 0);
    });
    position.needsUpdate = true;
  }

  private showFlat(view: View): void {
    const kept = this.layer;
    if (!kept) return;
    const look = kept.margin === 1 && same(kept.view, view) ? this.stillLook : this.movedLook;
    look.uniforms.uLayer.value = kept.target.texture;
    this.layerMesh.material = look;
    this.renderer.render(this.layerScene, this.camera);
  }

  private showTilted(): void {
    this.renderer.clearDepth();
    this.depthLook.uniforms.uLayer.value = this.layer?.target.texture;
    this.depthLook.uniforms.uDepth.value = this.layer?.target.depthTexture;
    this.layerMesh.material = this.depthLook;
    this.renderer.render(this.layerScene, this.camera);
  }

  private dropLayer(): void {
    this.layer?.target.depthTexture?.dispose();
    this.layer?.target.dispose();
    this.layer = null;
  }
}
