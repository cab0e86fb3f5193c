package dropship.registry.image;

import static org.assertj.core.api.Assertions.assertThat;

import dropship.registry.image.DropletLayer.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerRuleTest {
  @ParameterizedTest
  @CsvSource({
    "deps/0,                                              runtime",
    "deps/0/node/bin/node,                                runtime",
    "deps/0/node/lib/node_modules/npm/index.js,           runtime",
    "deps/1/config.yml,                                   runtime",
    "app/.java-buildpack/open_jdk_jre/lib/modules,        runtime",
    "app/.java-buildpack/sap_machine_jdk,                 runtime",
    "app/.java-buildpack/zulu_jre/lib/dist-packages/x,    runtime",
    "app/node_modules,                                    libraries",
    "app/node_modules/express/index.js,                   libraries",
    "app/packages/web/node_modules/x.js,                  libraries",
    "app/BOOT-INF/lib/spring.jar,                         libraries",
    "app/WEB-INF/lib/log4j.jar,                           libraries",
    "app/.java-buildpack/tomcat/bin/catalina.sh,          libraries",
    "app/vendor/bundle/ruby/3.3.0/gems/rack/rack.rb,      libraries",
    "deps/0/vendor_bundle/ruby/3.3.0/gems/rack/rack.rb,   libraries",
    "deps/0/python/lib/python3.12/site-packages/flask.py, libraries",
    "app/.venv/lib/python3.12/site-packages/flask.py,     libraries",
    "app,                                                 app",
    "app/server.js,                                       app",
    "app/.java-buildpack,                                 app",
    "app/.java-buildpack.log,                             app",
    "app/BOOT-INF/library.txt,                            app",
    "app/BOOT-INF/classes/Main.class,                     app",
    "app/node_modules.txt,                                app",
    "app/vendors/x,                                       app",
    "deps,                                                app",
    "logs,                                                app",
    "profile.d/x.sh,                                      app",
    "staging_info.yml,                                    app",
    "node_modules/x,                                      app",
  })
  void whatChangesTogetherIsTogether(String path, Kind kind) {
    assertThat(LayerRule.of(path)).isEqualTo(kind);
  }
}
