"""Sources land where they belong in the project, by whatever convention a bundler named them."""

import pytest

from monitors.unpack.sourcepaths import source_path


@pytest.mark.parametrize(
    ("source", "map_path", "path"),
    [
        ("../src/a.ts", "dist/cli.js.map", "src/a.ts"),
        ("a.ts", "dist/cli.js.map", "dist/a.ts"),
        ("../src/a.ts", "package/dist/cli.js.map", "package/src/a.ts"),
        ("../src/a.ts", "cli.js.map", "src/a.ts"),
        ("../../src/a.ts", "package/cli.js.map", "package/src/a.ts"),
        ("../node_modules/react/index.js", "dist/cli.js.map", "node_modules/react/index.js"),
        ("..\\src\\a.ts", "dist/cli.js.map", "src/a.ts"),
    ],
)
def test_relative_names_are_resolved_from_the_map_and_stay_in_the_project(source, map_path, path):
    assert source_path(source, map_path=map_path) == path


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("webpack:///./src/a.ts", "src/a.ts"),
        ("webpack:///src/a.ts", "src/a.ts"),
        ("webpack://cli/./src/a.ts", "src/a.ts"),
        ("webpack://cli/src/a.ts", "src/a.ts"),
        ("webpack://@acme/cli/./src/a.ts", "src/a.ts"),
        ("webpack://@acme/cli/src/a.ts", "src/a.ts"),
        ("webpack://_N_E/./pages/[slug].tsx?ab12", "pages/[slug].tsx"),
        ("webpack:///../shared/a.ts", "shared/a.ts"),
        ("webpack:////home/ci/cli/src/a.ts", "cli/src/a.ts"),
        ("webpack-internal:///./src/a.ts", "src/a.ts"),
        ("webpack:///./node_modules/vue-loader/lib??ref--0!./src/App.vue?1f2e", "src/App.vue"),
        ("webpack:///(webpack)/buildin/global.js", "webpack/buildin/global.js"),
        ("webpack://cli/webpack/runtime/chunk loaded", "webpack/runtime/chunk loaded"),
        ('webpack://cli/external commonjs "fs"', '_virtual/external commonjs "fs"'),
    ],
)
def test_webpack_s_names_lose_scheme_namespace_loaders_and_hash(source, path):
    assert source_path(source, map_path="dist/cli.js.map") == path


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("turbopack:///[project]/app/[slug]/page.tsx", "app/[slug]/page.tsx"),
        ("turbopack://[project]/src/a.ts", "src/a.ts"),
        ("file:///home/runner/work/cli/cli/src/a%20b.ts", "src/a b.ts"),
        ("file:///C:/Users/me/cli/src/a.ts", "cli/src/a.ts"),
        ("/builds/acme/cli/src/a.ts", "src/a.ts"),
        ("C:\\Users\\me\\cli\\src\\a.ts", "cli/src/a.ts"),
        ("ng://@acme/ui/lib/a.ts", "@acme/ui/lib/a.ts"),
        ("https://cdn.acme.example/static/a.ts?v=2", "static/a.ts"),
        ("/src/main.ts", "src/main.ts"),
        ("\0commonjsHelpers.js", "_virtual/commonjsHelpers.js"),
        ("../\0virtual:config?raw", "_virtual/virtual:config"),
        ("<define:process.env>", "_virtual/define:process.env"),
        ("(disabled):node_modules/fs/index.js", "dist/node_modules/fs/index.js"),
        ("src/App.vue?vue&type=style", "dist/src/App.vue"),
        ("", "_virtual/unnamed"),
        ("..", "_virtual/unnamed"),
        ("gpj\u202ests.ts", "dist/gpj_sts.ts"),
    ],
)
def test_names_of_every_other_kind_become_paths(source, path):
    assert source_path(source, map_path="dist/cli.js.map") == path


@pytest.mark.parametrize(
    ("source_root", "source", "path"),
    [
        ("../src", "a.ts", "src/a.ts"),
        ("../src/", "./a.ts", "src/a.ts"),
        ("/source/", "a.ts", "source/a.ts"),
        ("webpack:///src/", "a.ts", "src/a.ts"),
        ("https://cdn.acme.example/src", "a.ts", "src/a.ts"),
        ("../src", "webpack:///lib/a.ts", "lib/a.ts"),
        ("../src", "/lib/a.ts", "lib/a.ts"),
    ],
)
def test_a_source_root_goes_before_names_that_are_not_absolute(source_root, source, path):
    assert source_path(source, map_path="dist/cli.js.map", source_root=source_root) == path
