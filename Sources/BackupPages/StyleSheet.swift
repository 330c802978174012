/// The style of the pages: for wide screens, for 360 pixels and for paper; light or dark as the reader's system is set.
package enum StyleSheet {
    package static var text: String { html.text }

    static let html: HTML = """
        :root {
          color-scheme: light dark;
          --ground: #f5f6f8; --sheet: #ffffff; --line: #d5dae1; --text: #1b2129; --muted: #55606d;
          --link: #0b5394; --bar: #16202c; --bartext: #f2f5f8; --focus: #b35900;
          --good: #136c3a; --goodground: #e4f4ea; --warn: #7d4a00; --warnground: #fdf1dc;
          --bad: #a51d17; --badground: #fdeaea; --plainground: #e9edf2;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #11161c; --sheet: #1a2129; --line: #37424e; --text: #e8ecf0; --muted: #a9b4c0;
            --link: #8cc1ff; --bar: #0a0e13; --bartext: #f2f5f8; --focus: #ffb45c;
            --good: #7fd8a0; --goodground: #17321f; --warn: #f4bf6a; --warnground: #38290f;
            --bad: #ff9d95; --badground: #401b1a; --plainground: #2a343f;
          }
        }
        *, ::before, ::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere;
          font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
        }
        a { color: var(--link); text-underline-offset: .18em; text-decoration-thickness: .06em; }
        a:hover { text-decoration-thickness: .14em; }
        :focus-visible { outline: .19rem solid var(--focus); outline-offset: .13rem; border-radius: .2rem; }
        main:focus { outline: none; }
        .skip { position: absolute; left: -100vw; top: .5rem; padding: .5rem 1rem; background: var(--sheet); z-index: 1; }
        .skip:focus { left: .5rem; }

        header { background: var(--bar); color: var(--bartext); }
        .bar, main, footer, body > .notice { max-width: 76rem; margin-inline: auto; padding-inline: 1.25rem; }
        .bar { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; padding-block: .75rem; }
        .brand { font-weight: 650; color: inherit; text-decoration: none; }
        .brand span { font-weight: 400; opacity: .85; }
        header nav { display: flex; flex-wrap: wrap; gap: .1rem .35rem; }
        header nav a { color: inherit; text-decoration: none; padding: .3rem .6rem; border-radius: .35rem; }
        header nav a:hover { background: #ffffff24; }
        header nav a[aria-current] { background: #ffffff2e; font-weight: 600; }
        .search { display: flex; gap: .4rem; margin-left: auto; flex: 1 1 18rem; max-width: 26rem; }
        .search label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .search input, .search button {
          font: inherit; min-height: 2.4rem; border-radius: .35rem; border: 1px solid #8795a5; padding: .25rem .7rem;
        }
        .search input { flex: 1; min-width: 0; background: #ffffff; color: #1b2129; color-scheme: light; }
        .search input::placeholder { color: #5a6572; opacity: 1; }
        .search button { background: #2b3a4b; color: #ffffff; cursor: pointer; }
        .search button:hover { background: #3a4d63; }

        main { padding-block: 1.5rem 3rem; }
        h1 { font-size: 1.65rem; line-height: 1.2; margin: 0 0 1.1rem; letter-spacing: -.012em; }
        h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.2rem 0 .7rem; }
        p { margin: .5rem 0; }
        small, .age, .hint { color: var(--muted); font-size: .875rem; }
        .age { white-space: nowrap; }
        time { white-space: nowrap; font-variant-numeric: tabular-nums; }
        code, pre { font-family: ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace; font-size: .85em; }

        .trail ol { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem .5rem; margin: 0 0 .6rem; padding: 0;
          font-size: .925rem; }
        .trail li + li::before { content: "/"; color: var(--muted); margin-right: .5rem; }

        .notice { background: var(--plainground); border-left: .3rem solid var(--muted); padding: .6rem 1rem;
          border-radius: .3rem; white-space: pre-line; }
        body > .notice { border-radius: 0; margin-block: 0; }
        .notice.warn { background: var(--warnground); border-color: var(--warn); }
        .notice.bad { background: var(--badground); border-color: var(--bad); }
        .verdict { background: var(--sheet); border: 1px solid var(--line); border-left: .4rem solid var(--muted);
          border-radius: .5rem; padding: 1rem 1.25rem; }
        .verdict p { margin: .2rem 0; }
        .verdict .headline { font-size: 1.25rem; font-weight: 650; line-height: 1.3; }
        .verdict .headline::before { margin-right: .5rem; }
        .verdict.good { border-left-color: var(--good); }
        .verdict.good .headline { color: var(--good); }
        .verdict.good .headline::before { content: "\\2713" / ""; }
        .verdict.warn { border-left-color: var(--warn); }
        .verdict.warn .headline { color: var(--warn); }
        .verdict.warn .headline::before { content: "!" / ""; }
        .verdict.bad { border-left-color: var(--bad); }
        .verdict.bad .headline { color: var(--bad); }
        .verdict.bad .headline::before { content: "\\2717" / ""; }

        dl, dd { margin: 0; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.3rem, 1fr)); gap: .75rem; margin: 1rem 0; }
        .figures div { background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; padding: .7rem 1rem;
          display: flex; flex-direction: column-reverse; justify-content: flex-end; }
        .figures dt { color: var(--muted); font-size: .875rem; line-height: 1.3; }
        .figures dd { font-size: 1.7rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
        .figures .good dd { color: var(--good); }
        .figures .warn dd { color: var(--warn); }
        .figures .bad dd { color: var(--bad); }
        .facts { background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; }
        .facts div { display: grid; grid-template-columns: minmax(8rem, 12rem) 1fr; gap: .1rem 1rem; padding: .6rem 1.25rem; }
        .facts div + div { border-top: 1px solid var(--line); }
        .facts dt { color: var(--muted); }
        .badge { display: inline-block; font-size: .8125rem; line-height: 1.45; font-weight: 600; padding: .06rem .5rem;
          border-radius: .3rem; background: var(--plainground); color: var(--text); white-space: nowrap; }
        .badge.good { background: var(--goodground); color: var(--good); }
        .badge.warn { background: var(--warnground); color: var(--warn); }
        .badge.bad { background: var(--badground); color: var(--bad); }

        table { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--sheet);
          border: 1px solid var(--line); border-radius: .5rem; }
        caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        th, td { text-align: left; vertical-align: top; padding: .5rem .75rem; font-weight: 400; }
        th:first-child, td:first-child { padding-left: 1.25rem; }
        th:last-child, td:last-child { padding-right: 1.25rem; }
        thead th { color: var(--muted); font-size: .875rem; font-weight: 600; white-space: nowrap; }
        tbody th, tbody td { border-top: 1px solid var(--line); }
        tbody th { min-width: 14rem; }
        a[href^="/-/runs/"], a[href^="/-/verifications/"] { white-space: nowrap; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .message { white-space: pre-line; }
        .sums { font-size: .9375rem; }
        .sums div { display: flex; gap: .6rem; }
        .sums dt { color: var(--muted); flex: 0 0 4.4rem; font-size: .875rem; }
        .paging { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .3rem 1rem;
          margin-top: .75rem; }
        .paging p { color: var(--muted); margin: 0; }
        .paging ul { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem; margin: 0; padding: 0; }
        .paging a, .paging span { display: block; padding: .3rem .7rem; border: 1px solid var(--line);
          border-radius: .35rem; background: var(--sheet); }
        .paging span { color: var(--muted); }

        .snippets { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: .75rem; }
        figure { margin: 0; background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem; min-width: 0; }
        figcaption { padding: .45rem 1.25rem; border-bottom: 1px solid var(--line); color: var(--muted); font-size: .875rem;
          font-weight: 600; }
        pre { margin: 0; padding: .8rem 1.25rem; white-space: pre-wrap; }
        .history { list-style: none; margin: 0; padding: 0; background: var(--sheet); border: 1px solid var(--line);
          border-radius: .5rem; }
        .history > li { padding: .6rem 1.25rem; }
        .history > li + li { border-top: 1px solid var(--line); }
        .history p { margin: 0; }
        .history ul, .messages { margin: .2rem 0; padding-left: 1.3rem; }
        .messages { white-space: pre-line; }
        .signature { border-top: 1px solid var(--line); margin-top: 3rem; display: none; }
        footer { color: var(--muted); font-size: .875rem; display: flex; flex-wrap: wrap; gap: 0 1.5rem;
          justify-content: space-between; padding-bottom: 1.5rem; }

        @media (max-width: 62rem) {
          .search { margin-left: 0; flex-basis: 100%; max-width: none; }
          tbody th { min-width: 9rem; }
          tbody time, tbody a[href^="/-/"] { white-space: normal; }
        }
        @media (min-width: 46.01rem) and (max-width: 62rem) {
          tbody td.text { min-width: 7.5rem; }
        }
        @media (max-width: 46rem) {
          .bar, main, footer, body > .notice { padding-inline: 1rem; }
          h1 { font-size: 1.4rem; }
          .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem; }
          .figures div:last-child:nth-child(odd) { grid-column: 1 / -1; }
          .facts div { grid-template-columns: 1fr; padding-inline: 1rem; }
          table, tbody, tr, th, td { display: block; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          tbody tr { padding: .55rem 0; }
          tbody tr + tr { border-top: 1px solid var(--line); }
          tbody th, tbody td, tbody th:first-child, tbody td:first-child, tbody th:last-child, tbody td:last-child {
            border: 0; text-align: left; white-space: normal; padding: .15rem 1rem; display: flex; gap: .6rem;
            min-width: 0; }
          tbody td { font-size: .9375rem; }
          tbody td.number { text-align: left; }
          tbody td time { white-space: normal; }
          tbody td::before { content: attr(data-name); flex: 0 0 6rem; color: var(--muted); font-size: .875rem;
            line-height: 1.71; }
          tbody th[scope="row"] { font-weight: 600; }
          th small { font-weight: 400; }
          td > div, th > div { min-width: 0; flex: 1; }
          tbody td:nth-child(n):has(.sums), tbody td:nth-child(n):has(.message) { display: block; }
          .age, a[href^="/-/"] { white-space: normal; }
          .sums div { flex-direction: column; gap: 0; }
          .sums dt { flex-basis: auto; }
          pre, .sums dt + dd { overflow-wrap: anywhere; }
        }
        @media print {
          @page { margin: 16mm 14mm; }
          :root {
            --ground: #fff; --sheet: #fff; --line: #999; --text: #000; --muted: #333; --link: #000; --good: #000; --warn: #000;
            --bad: #000; --goodground: #fff; --warnground: #fff; --badground: #fff; --plainground: #fff;
          }
          body { font-size: 10pt; }
          .skip, header nav, .search, .hint, .paging, .snippets, section:has(> .snippets), .trail { display: none; }
          header { background: none; color: #000; border-bottom: 1px solid #000; }
          .bar, main, footer { max-width: none; padding-inline: 0; }
          .badge { border: 1px solid #666; }
          a { text-decoration: none; }
          h1 { font-size: 16pt; } h2 { font-size: 12pt; }
          .figures { grid-template-columns: repeat(5, 1fr); gap: 2mm; }
          .figures div { padding: 2mm 3mm; }
          .figures dd { font-size: 14pt; }
          thead { display: table-header-group; }
          tr, .facts div, .history > li, figure { break-inside: avoid; }
          h2 { break-after: avoid; }
          .signature { display: block; padding-bottom: 20mm; break-inside: avoid; }
        }

        """

    /// The icon of the site: a box in a box.
    package static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#16202c"/>\
        <path d="M7 11h18v14H7z" fill="none" stroke="#f2f5f8" stroke-width="2.4"/>\
        <path d="M5 7h22v4H5zM13 16h6" fill="none" stroke="#7fd8a0" stroke-width="2.4"/></svg>

        """
}
