import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import importX, { createNodeResolver } from 'eslint-plugin-import-x'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'
import { ROOMS } from './scripts/layerTable.js'

/** Floors from the ground up. A unit test may look at its whole floor and at those below. */
const FLOORS = ['core', 'learning', 'lab', 'app']
const TEST_PACKAGES = ['vitest', 'fast-check', 'fake-indexeddb', 'node:*']
/** Tests, and what only tests import. */
const TESTS = ['src/**/*.test.{ts,tsx}', 'src/**/*.testing.ts']

const isFile = (room) => /\.tsx?$/.test(room)
const filesOf = (room) => (isFile(room) ? `src/${room}` : `src/${room}/**/*.{ts,tsx}`)

/** Everything under src/ is out of bounds but what the table names. */
function wall(room, allowed, message) {
  return {
    'import-x/no-restricted-paths': [
      'error',
      {
        basePath: import.meta.dirname,
        zones: [{ target: `./src/${room}`, from: './src', except: allowed, message }],
      },
    ],
  }
}

/** Matches the specifier of a package that is none of `packages`. */
function otherPackages(packages) {
  const allowed = packages.map((name) =>
    name.endsWith('*') ? name.slice(0, -1).replaceAll('.', '\\.') : `${name}(?:/|$)`,
  )
  return allowed.length === 0 ? '^[^.]' : `^(?!\\.|${allowed.join('|')})`
}

/** Matches relative specifiers that lead into `other`, however much of its path they spell out. */
function specifierInto(other) {
  const above = other.split('/')
  const last = above.pop()
  const prefix = above.map((folder) => `(?:${folder}/)?`).join('')
  return `^\\.[./]*/${prefix}${last}(?:/|$)`
}

function packageWall(room, packages, types = []) {
  return {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: otherPackages(packages),
            message: `${room} may import ${packages.length === 0 ? 'no package' : `only ${packages.join(', ')}`}.`,
          },
          ...types.map((other) => ({
            regex: specifierInto(other),
            allowTypeImports: true,
            message: `${room} may know only the types of ${other}.`,
          })),
        ],
      },
    ],
  }
}

const walls = ROOMS.map(({ name: room, may, types, packages }) => ({
  name: `layers/${room}`,
  files: [filesOf(room)],
  ignores: TESTS,
  rules: {
    ...wall(
      room,
      [room, ...may, ...types],
      `${room} may know only what its line in the table of docs/architecture.md says.`,
    ),
    ...packageWall(room, packages, types),
  },
}))

const testWalls = FLOORS.map((floor, level) => ({
  name: `layers/tests of ${floor}`,
  files: TESTS.map((pattern) => pattern.replace('src/', `src/${floor}/`)),
  rules: {
    ...wall(
      floor,
      FLOORS.slice(0, level + 1),
      `Tests in ${floor} may know its own floor and those below.`,
    ),
    ...packageWall(floor, [
      ...TEST_PACKAGES,
      ...ROOMS.filter(({ name }) => name.startsWith(floor)).flatMap(({ packages }) => packages),
    ]),
  },
}))

/** IEEE leaves their last digits open: they differ between engines. */
const UNSPECIFIED_MATHS = [
  ...['acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'cbrt', 'cos', 'cosh', 'exp'],
  ...['expm1', 'hypot', 'log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh'],
]

const determinism = {
  name: 'determinism',
  files: ['src/core/**/*.ts', 'src/learning/**/*.ts', 'src/lab/engine/**/*.ts'],
  ignores: TESTS,
  rules: {
    'no-restricted-properties': [
      'error',
      {
        object: 'Math',
        property: 'random',
        message: 'Randomness is an argument: use core/maths/rng.ts with a key.',
      },
      ...UNSPECIFIED_MATHS.map((property) => ({
        object: 'Math',
        property,
        message: 'Its last digits differ between engines: use core/maths/elementary.ts.',
      })),
    ],
    'no-restricted-syntax': [
      'error',
      {
        selector: "BinaryExpression[operator='**']:not([right.raw=/^\\d+$/])",
        message: 'Only whole, literal exponents: others differ between engines.',
      },
      {
        selector: "AssignmentExpression[operator='**=']:not([right.raw=/^\\d+$/])",
        message: 'Only whole, literal exponents: others differ between engines.',
      },
    ],
    'no-restricted-globals': [
      'error',
      ...['Date', 'performance', 'crypto', 'setTimeout', 'setInterval'].map((name) => ({
        name,
        message: 'No clock and no entropy here: take it as an argument.',
      })),
      ...['window', 'document', 'self', 'postMessage', 'navigator', 'localStorage'].map((name) => ({
        name,
        message: 'No DOM here: this runs anywhere.',
      })),
    ],
  },
}

/** No text becomes markup anywhere: React and the DOM's own functions build what the page shows. */
const MARKUP = [
  ...['innerHTML', 'outerHTML', 'srcdoc', 'insertAdjacentHTML', 'setHTMLUnsafe', 'parseHTMLUnsafe'],
  ...['createContextualFragment', 'dangerouslySetInnerHTML', 'renderToString'],
]
const NO_MARKUP = 'No text becomes markup: build elements, see Formula.tsx.'
const noMarkup = {
  name: 'no markup from text',
  files: ['src/**/*.{ts,tsx}'],
  ignores: TESTS,
  rules: {
    'no-restricted-properties': [
      'error',
      ...MARKUP.map((property) => ({ property, message: NO_MARKUP })),
      ...['write', 'writeln'].map((property) => ({
        object: 'document',
        property,
        message: NO_MARKUP,
      })),
    ],
    'no-restricted-syntax': [
      'error',
      {
        selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
        message: NO_MARKUP,
      },
      { selector: "NewExpression[callee.name='DOMParser']", message: NO_MARKUP },
      {
        selector: 'NewExpression[callee.name=/^(Shared)?Worker$/]',
        message: 'Workers start in lab/client/spawnWorker.ts.',
      },
    ],
    'no-implied-eval': 'error',
    'no-eval': 'error',
    'no-new-func': 'error',
  },
}

/** The one place that starts scripts. */
const workers = {
  name: 'where workers start',
  files: ['src/lab/client/spawnWorker.ts'],
  rules: { 'no-restricted-syntax': 'off' },
}

/** Opening a backend means asking the machine what it has, waiting for it and measuring it; no number of a run comes from it. */
const machine = {
  name: 'determinism/backends',
  files: [
    'src/learning/training/backend*.ts',
    'src/learning/training/stepTime.ts',
    'src/learning/kernels/deadline.ts',
    'src/learning/kernels/wgsl/nudge.ts',
  ],
  ignores: TESTS,
  rules: { 'no-restricted-globals': 'off' },
}

export default defineConfig(
  {
    name: 'ignored',
    ignores: [
      ...['dist/', 'out/', 'public/', 'coverage/', 'test-results/', 'playwright-report/'],
      // AssemblyScript: not TypeScript, whatever its name.
      ...['src/core/samplers/simd/assembly/', 'src/learning/kernels/simd/assembly/'],
    ],
  },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    name: 'typescript',
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked, importX.flatConfigs.typescript],
    languageOptions: {
      globals: globals.node,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // `typeof import('…')` is how a module that is loaded on demand gets its type.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/return-await': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Interfaces promise on behalf of backends that must wait; those that need not still answer with a promise.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-undef': 'off',
    },
  },
  {
    name: 'imports',
    files: ['**/*.{js,ts,tsx}'],
    plugins: { 'import-x': importX },
    languageOptions: { globals: globals.node },
    settings: {
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] }),
      ],
    },
    rules: {
      'import-x/no-self-import': 'error',
      'import-x/no-unresolved': ['error', { ignore: ['\\?(url|worker|raw)'] }],
      'import-x/no-extraneous-dependencies': [
        'error',
        { devDependencies: ['*.{js,ts}', 'scripts/**', 'e2e/**', 'bench/**', ...TESTS] },
      ],
      'import-x/no-duplicates': ['error', { 'prefer-inline': false }],
      'import-x/no-default-export': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    name: 'tools that want a default export',
    files: ['*.config.{js,ts}', 'e2e/*.config.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    name: 'react',
    // Nothing else may import React, and compiling what cannot hold a component takes as long as all other rules of a file.
    files: ['src/app/views/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    name: 'constants',
    files: ['src/core/**/*.ts'],
    // Coefficients stand as their sources print them; the compiler rounds them correctly.
    rules: { 'no-loss-of-precision': 'off' },
  },
  walls,
  testWalls,
  noMarkup,
  workers,
  determinism,
  machine,
)
