"""One page of the app in a browser, and what it said and asked for meanwhile."""

from urllib.parse import urlsplit

# A comparison that is judged takes a minute on a quiet machine, and minutes beside others.
MILLISECONDS = 270_000
IDLE = """() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'
  && !document.querySelector('[data-testid=stProgress], [data-testid=stSkeleton]')
  && [...document.images].every(one => one.complete)"""
OTHER_MAP = """before => [...document.querySelectorAll('*')].some(one => {
  const picture = one.shadowRoot?.querySelector('article.card img');
  return picture && picture.src !== before;
})"""
# Where a page is opened by its own address, Streamlit looks for its server below that address first.
SOUGHT = "_stcore"


class AppPage:
    def __init__(self, context, address):
        self.context, self.address = context, address
        self.hosts, self.errors = set(), []
        self.page = context.new_page()
        self.page.set_default_timeout(MILLISECONDS)
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).netloc))
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _said(self, message):
        if message.type == "error" and SOUGHT not in (message.location or {}).get("url", ""):
            self.errors.append(message.text)

    def go(self, path):
        self.page.goto(self.address + path)
        self.page.get_by_role("heading", level=1).wait_for()
        return self.idle()

    def idle(self):
        """Everything drawn, and no job under way."""
        self.page.wait_for_selector("[data-testid=stApp]")
        self.page.wait_for_timeout(300)
        for _ in range(2):  # the end of a job draws the page once more
            self.page.wait_for_function(IDLE)
            self.page.wait_for_timeout(300)
        return self

    def choose(self, label, option):
        """An option of a selectbox."""
        box = self.page.get_by_test_id("stSelectbox").filter(has_text=label).first
        box.locator("input").click()
        self.page.get_by_role("option", name=option, exact=True).click()
        return self.idle()

    def tab(self, name):
        self.page.get_by_role("tab", name=name, exact=True).click()
        return self.idle()

    def first_map(self):
        """The first map, as the address that holds its picture."""
        return self.page.locator("article.card img").first.get_attribute("src")

    def changed(self, before):
        """The first map, once it is another one than `before`."""
        self.page.wait_for_function(OTHER_MAP, arg=before, polling=10)
        return self.first_map()

    def cards(self):
        return self.page.locator("article.card").all()

    def close(self):
        self.context.close()
