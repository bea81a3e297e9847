"""What is asked by GraphQL. Each validates against GitHub's published schema (see the tests).

https://docs.github.com/en/graphql/reference/objects#repository. Ids are taken from HEAD paths only: forks
share their objects, so that an id which resolves in a fork need not lie in it.
"""

PING = "query Ping { rateLimit { limit remaining } }"

PLACE = """
fragment Place on Repository {
  id databaseId nameWithOwner createdAt pushedAt isDisabled isEmpty isPrivate forkCount
  parent { nameWithOwner }
  defaultBranchRef { name target { oid ... on Commit { tree { oid } } } }
  root: object(expression: "HEAD:") @include(if: $entries) {
    ... on Tree { oid entries { name type oid mode } }
  }
}
"""

ROUNDS = 24  # slow ones through all forks, oldest first, that go on beside each page
_BESIDE_ASKED = "$parents: [ID!]!" + "".join(
    f", $of{number}: [ID!]!, $after{number}: String" for number in range(ROUNDS)
)
_BESIDE = "  parents: nodes(ids: $parents) { ... on Repository { id forkCount } }" + "".join(
    f"""
  round{number}: nodes(ids: $of{number}) {{ ... on Repository {{
    forks(first: 100, after: $after{number}, orderBy: {{field: CREATED_AT, direction: ASC}}) {{ ...Counts }}
  }} }}"""
    for number in range(ROUNDS)
)
_COUNTS = """
fragment Counts on RepositoryConnection { pageInfo { hasNextPage endCursor } nodes { id forkCount } }
"""

FORKS = (
    """
query Forks($owner: String!, $name: String!, $first: Int!, $after: String, $entries: Boolean!,
            $follow: Boolean!, $pushes: Int!, $busiest: [ID!]!, $busiestFirst: Int!,
            """
    + _BESIDE_ASKED
    + """) {
  rateLimit { cost remaining resetAt }
  repository(owner: $owner, name: $name) {
    id databaseId nameWithOwner forkCount isDisabled
    forks(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) { ...Page }
    pushed: forks(first: $pushes, orderBy: {field: PUSHED_AT, direction: DESC}) @include(if: $follow) {
      ...Page
    }
  }
  busiest: nodes(ids: $busiest) { ... on Repository {
    id databaseId nameWithOwner forkCount isDisabled
    forks(first: $busiestFirst, orderBy: {field: CREATED_AT, direction: DESC}) { ...Page }
  } }
"""
    + _BESIDE
    + """
}
fragment Page on RepositoryConnection { totalCount pageInfo { hasNextPage endCursor } nodes { ...Place } }
"""
    + _COUNTS
    + PLACE
)

NESTED = (
    """
query Nested($ids: [ID!]!, $first: Int!, $after: String, $entries: Boolean!,
             """
    + _BESIDE_ASKED
    + """) {
  rateLimit { cost remaining resetAt }
  nodes(ids: $ids) {
    ... on Repository {
      id databaseId nameWithOwner forkCount isDisabled
      forks(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
        totalCount pageInfo { hasNextPage endCursor } nodes { ...Place }
      }
    }
  }
"""
    + _BESIDE
    + """
}
"""
    + _COUNTS
    + PLACE
)

PLACES = (
    """
query Places($ids: [ID!]!, $entries: Boolean!) {
  rateLimit { cost remaining resetAt }
  nodes(ids: $ids) { ...Place }
}
"""
    + PLACE
)

HEIRS = """
query Heirs($ids: [ID!]!) {
  rateLimit { cost remaining resetAt }
  nodes(ids: $ids) { ... on Repository {
    id databaseId nameWithOwner isFork parent { id databaseId nameWithOwner }
  } }
}
"""

CHECKED = """
query Recheck($ids: [ID!]!) {
  rateLimit { cost remaining resetAt }
  nodes(ids: $ids) {
    id
    ... on Repository {
      databaseId nameWithOwner isDisabled isEmpty isPrivate
      defaultBranchRef { name target { oid ... on Commit { tree { oid } } } }
    }
  }
}
"""
