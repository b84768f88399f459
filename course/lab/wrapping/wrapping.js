// Lines of output that are too long for the page break between words. JupyterLab breaks them anywhere.
// Written as what webpack makes of an extension, since so few lines need no build.

(() => {
  const NAME = 'course-wrapping';
  const RULE = '.jp-OutputArea .jp-RenderedText pre { word-break: normal; overflow-wrap: anywhere; }';

  const plugin = {
    id: `${NAME}:plugin`,
    description: 'Outputs break between words.',
    autoStart: true,
    activate: () => {
      const style = document.createElement('style');
      style.textContent = RULE;
      document.head.append(style);
    }
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin })
  };
})();
