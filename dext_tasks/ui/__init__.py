"""An extension's page in a real browser, with a stand-in for the dashboard's ``window.ddClient`` behind it."""
