// JupyterLab shows the pictures of outputs without the alt text that is stored in their metadata: this adds it.
// Written as what webpack makes of an extension, since so few lines need no build.

(() => {
  const NAME = 'course-alt-texts';
  const TYPES = ['image/jpeg', 'image/png'];
  let shared = {};

  // The renderer of JupyterLab, with one thing done after it.
  const described = (factory, type) => ({
    ...factory,
    mimeTypes: [type],
    createRenderer: options => {
      const renderer = factory.createRenderer(options);
      const render = renderer.renderModel.bind(renderer);
      renderer.renderModel = async model => {
        await render(model);
        const alt = (model.metadata[type] || {}).alt;
        const image = renderer.node.querySelector('img');
        if (image && typeof alt === 'string') {
          image.alt = alt;
        }
      };
      return renderer;
    }
  });

  const plugin = async () => {
    const [version] = Object.values(shared['@jupyterlab/rendermime']);
    const { IRenderMimeRegistry } = (await version.get())();
    return {
      id: `${NAME}:plugin`,
      description: 'Alt texts of pictures in outputs.',
      autoStart: true,
      requires: [IRenderMimeRegistry],
      activate: (app, registry) => {
        for (const type of TYPES) {
          registry.addFactory(described(registry.getFactory(type), type), registry.mimeTypes.indexOf(type));
        }
      }
    };
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init: scope => {
      shared = scope;
    },
    get: async () => {
      const made = await plugin();
      return () => ({ __esModule: true, default: made });
    }
  };
})();
