// The browser side of every page, one module per concern. Pages render elements and attributes; these modules bring them to life.
import './chart.js';
import './compare.js';
import './sweep.js';
import './bandits.js';
import './replay.js';
import './figures.js';
import './spark.js';
import './light.js';
import './keys.js';
import './divider.js';
import './times.js';
import './copy.js';
import './connection.js';
import './menus.js';
import './picture.js';
import './play.js';
import './import.js';
