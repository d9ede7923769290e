//! Asking without calling: `POST /-/decide` and `sluice decide` must say what a call would get, and
//! tell the asker nothing that is not its own to know.

mod thoughts;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use thoughts::thoughts;

use crate::support::check::check_headers;
use crate::support::world::{CIVIL_AFFAIRS, PUBLIC_SECURITY, probe};
use crate::support::{
    Answer, Ask, Files, Origin, World, check, eventually, http2, item, json, system,
};

const DESK: &str = "human-resources/pension-desk";
const RECORD: &str = concat!(
    r#"{"record_number":1,"id_number":"330106199003070410","name":"赵晓明","sex":"女","#,
    r#""birth_date":"1990-03-07","address":"杭州市西湖区文三路1号","mobile":"13800001999","#,
    r#""deceased":false,"note":"x","portrait":"AAAA"}"#,
);

/// An entry whose term asks for a case and an operator.
const CASES: &str = r#"title: 案卷
contact: 公安局法制支队
class: restricted
category: business
level: 2
personal: false
upstream:
  addresses: ["records.public-security.internal:9443"]
operations:
  - { id: read, method: GET, path: /, mode: query }
fields:
  - { path: $.record_number, title: 编号, type: number, level: 1 }
terms:
  - id: investigation
    consumers: [human-resources]
    purposes: [case-investigation]
    case: { pattern: '（20[0-9]{2}）浙.{1,20}号' }
    operators: [officer-0017]
    clearance: 2
"#;

/// In their place: terms that ask for a consent.
const BY_CONSENT: &str = "terms:
  - id: by-consent
    consumers: [human-resources]
    purposes: [social-assistance]
    consent: required
    clearance: 2
";

/// A call that somebody thinks of making.
#[derive(Clone, Debug, Default)]
struct Thought {
    system: &'static str,
    method: &'static str,
    path: &'static str,
    body: Option<&'static str>,
    purpose: Option<&'static str>,
    case: Option<&'static str>,
    consent: Option<&'static str>,
    operator: Option<&'static str>,
    grant: Option<&'static str>,
    fields: &'static [&'static str],
}

impl Thought {
    fn get(path: &'static str) -> Thought {
        Thought { system: DESK, method: "GET", path, ..Thought::default() }
    }

    fn post(path: &'static str, body: &'static str) -> Thought {
        Thought { method: "POST", body: Some(body), ..Thought::get(path) }
    }

    fn of(self, system: &'static str) -> Thought {
        Thought { system, ..self }
    }

    fn purpose(self, code: &'static str) -> Thought {
        Thought { purpose: Some(code), ..self }
    }

    /// The call itself.
    fn call(&self) -> Ask {
        let mut ask = match self.body {
            Some(body) => Ask::post(self.path, body),
            None => Ask::new(self.method, self.path),
        };
        let declared = [
            ("Exchange-Purpose", self.purpose),
            ("Exchange-Case", self.case),
            ("Exchange-Consent", self.consent),
            ("Exchange-Operator", self.operator),
            ("Exchange-Grant", self.grant),
        ];
        for (name, value) in declared {
            if let Some(value) = value {
                ask = ask.header(name, &item(value));
            }
        }
        if !self.fields.is_empty() {
            let fields: Vec<String> = self.fields.iter().map(|field| item(field)).collect();
            ask = ask.header("Exchange-Fields", &fields.join(", "));
        }
        ask
    }

    /// The question to the gateway, its body as it stands here.
    fn question(&self) -> Ask {
        let mut members = vec![
            format!("\"method\":{}", json!(self.method)),
            format!("\"path\":{}", json!(self.path)),
        ];
        members.extend(self.body.map(|body| format!("\"body\":{body}")));
        let declared = [
            ("purpose", self.purpose),
            ("case", self.case),
            ("consent", self.consent),
            ("operator", self.operator),
            ("grant", self.grant),
        ];
        let declared = declared.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        members.extend(declared.map(|(name, value)| format!("\"{name}\":{}", json!(value))));
        if !self.fields.is_empty() {
            members.push(format!("\"fields\":{}", json!(self.fields)));
        }
        Ask::post("/-/decide", &format!("{{{}}}", members.join(",")))
    }

    /// The question to the program.
    fn command(&self, catalog: &Path) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.arg("decide").arg("--catalog").arg(catalog);
        let options = [
            ("--consumer", Some(self.system)),
            ("--method", Some(self.method)),
            ("--path", Some(self.path)),
            ("--body", self.body),
            ("--purpose", self.purpose),
            ("--case", self.case),
            ("--consent", self.consent),
            ("--operator", self.operator),
            ("--grant", self.grant),
        ];
        for (option, value) in options {
            if let Some(value) = value {
                command.arg(format!("{option}={value}"));
            }
        }
        command.args(self.fields.iter().map(|field| format!("--field={field}")));
        command.output().unwrap()
    }
}

/// The gateway, its providers, and its catalog as a folder.
struct Stage {
    world: World,
    origins: [Origin; 2],
}

impl Stage {
    fn set() -> Stage {
        let origins = ["public-security/records", "civil-affairs/records"].map(|system| {
            Origin::start(system, |asked, reply| {
                let list = asked.head.line.contains("/divisions ");
                let items = format!(r#"{{"items":[{RECORD}]}}"#);
                reply.send(&json(200, if list { &items } else { RECORD }));
            })
        });
        let (entry, _) = CASES.split_once("terms:").unwrap();
        let consents = format!("{entry}{BY_CONSENT}");
        let files = Files::default()
            .with("public-security/cases.yaml", CASES)
            .with("public-security/consents.yaml", &consents);
        let setup =
            World::setup().origin(PUBLIC_SECURITY, &origins[0]).origin(CIVIL_AFFAIRS, &origins[1]);
        files.write(&setup.dir().join("catalog"));
        let world = setup.catalog(|_| files).start();
        Stage { world, origins }
    }

    fn catalog(&self) -> std::path::PathBuf {
        self.world.dir().join("catalog")
    }

    /// Asks the gateway, and checks the record of the question.
    fn ask(&self, thought: &Thought, language: &str) -> Value {
        let question = thought.question().header("Accept-Language", language);
        let answer = self.world.call(thought.system, &question);
        assert_eq!(answer.status, 200, "{answer:?} {thought:?}");
        let reasoning = answer.json();
        check_headers(&answer, None);
        let records = self.world.log().of(answer.exchange());
        assert_eq!(records.len(), 1, "{thought:?}");
        check_record(thought, &reasoning, &records[0]);
        reasoning
    }
}

fn check_record(thought: &Thought, reasoning: &Value, record: &Value) {
    assert_eq!((&record["operation"], &record["status"]), (&json!("-/decide"), &json!(200)));
    assert_eq!(record["decision"], reasoning["decision"], "{thought:?}");
    assert_eq!(record["code"], reasoning["problem"]["code"], "{thought:?}");
    assert_eq!(record["entry"], reasoning["entry"], "{thought:?}");
    assert_eq!(record.get("released"), None);
    let text = record.to_string();
    let forbidden = crate::support::check::CLEAR.iter().chain(&["no such purpose", "<>"]);
    for clear in forbidden {
        assert!(!text.contains(clear), "{clear} stands in {text}");
    }
}

/// What two answers say of the same problem must not differ but by the exchange.
fn without_instance(problem: &Value) -> Value {
    let mut problem = problem.clone();
    problem.as_object_mut().unwrap().remove("instance");
    problem
}

#[test]
fn gateway_and_program_say_what_a_call_gets() {
    let stage = Stage::set();
    let mut permits = 0;
    for (number, thought) in thoughts().into_iter().enumerate() {
        // Beyond ten a second, refusals of one system are counted; terms are for all of them.
        let thought = match thought.system {
            DESK => thought.of(Box::leak(probe(number).into_boxed_str())),
            _ => thought,
        };
        let reasoning = stage.ask(&thought, "en");
        assert!(stage.origins.iter().all(|origin| origin.seen().is_empty()), "{thought:?}");
        let answer = stage.world.call(thought.system, &thought.call());
        let offline = thought.command(&stage.catalog());
        let program: Value = serde_json::from_slice(&offline.stdout).unwrap();
        match reasoning["decision"].as_str().unwrap() {
            "permit" => {
                permits += 1;
                check(&stage.world, &answer, 200, None);
                check_permit(&thought, &reasoning, &answer);
                assert_eq!(program, reasoning, "{thought:?}");
                assert_eq!(offline.status.code(), Some(0));
                let asked = stage.origins.iter().map(|origin| origin.take().len()).sum::<usize>();
                assert_eq!(asked, 1, "{thought:?}");
            }
            "denial" => {
                let problem = &reasoning["problem"];
                let code = problem["code"].as_str().unwrap();
                assert_eq!(answer.code().as_deref(), Some(code), "{thought:?}");
                let status = problem["status"].as_u64().unwrap() as u16;
                check(&stage.world, &answer, status, Some(code));
                let of_call = without_instance(&answer.json());
                assert_eq!(without_instance(problem), of_call, "{thought:?}");
                assert_eq!(without_instance(&program["problem"]), of_call, "{thought:?}");
                assert_eq!(program["considered"], reasoning["considered"]);
                assert_eq!(offline.status.code(), Some(1));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(permits, 8);
}

/// What a permit promises of the fields and the rate is what the call then keeps.
fn check_permit(thought: &Thought, reasoning: &Value, answer: &Answer) {
    let permit = &reasoning["permit"];
    let rates = permit["rates"].as_array().unwrap().iter().map(|rate| {
        let (of, window) = (rate["of"].as_str().unwrap(), &rate["window_seconds"]);
        format!("\"{of}-{window}s\";q={};w={window}", rate["requests"])
    });
    let rates = rates.collect::<Vec<_>>().join(", ");
    assert_eq!(answer.header("ratelimit-policy"), Some(rates.as_str()), "{thought:?}");
    let (told, record) = (answer.json(), serde_json::from_str::<Value>(RECORD).unwrap());
    let told = told.pointer("/items/0").unwrap_or(&told);
    for field in permit["fields"].as_array().unwrap() {
        let path = field["path"].as_str().unwrap();
        let name = path.strip_prefix("$.").unwrap();
        let (Some(clear), shown) = (record.get(name), told.get(name)) else { continue };
        match field["shown"].as_str().unwrap() {
            "passed" => assert_eq!(shown, Some(clear), "{path}: {thought:?}"),
            "masked" => {
                assert!(shown.is_some_and(|shown| shown != clear), "{path}: {thought:?}");
                assert!(field["mask"].is_string(), "{path}");
            }
            "dropped" => assert_eq!(shown, None, "{path}: {thought:?}"),
            other => panic!("{other}"),
        }
    }
    let holds = |one: &&Value| one["holds"] == true;
    let first = reasoning["considered"].as_array().unwrap().iter().find(holds).unwrap();
    assert_eq!(first["basis"], permit["basis"], "{thought:?}");
}

#[test]
fn only_the_askers_own_terms_are_told() {
    let stage = Stage::set();
    let query = Thought::post("/public-security/population/query", r#"{"id_number":"1"}"#);
    let good = Thought { body: Some(r#"{"id_number":"330106199003070410"}"#), ..query.clone() };
    let cases = [
        (DESK, json!(["term/social-assistance"]), "marriage"),
        ("civil-affairs/records", json!(["term/marriage-registration"]), "social"),
        ("health/clinic-desk", json!([]), "term/"),
    ];
    for (asker, own, foreign) in cases {
        let thought = good.clone().of(asker);
        let reasoning = stage.ask(&thought, "en");
        let considered = reasoning["considered"].as_array().unwrap();
        let bases: Vec<&Value> = considered.iter().map(|one| &one["basis"]).collect();
        assert_eq!(json!(bases), own);
        assert!(!reasoning.to_string().contains(foreign), "{reasoning}");
        let program = thought.command(&stage.catalog());
        assert!(!String::from_utf8(program.stdout).unwrap().contains(foreign));
        // A request that does not even match has no terms considered.
        let reasoning = stage.ask(&query.clone().of(asker), "en");
        assert_eq!(reasoning["considered"], json!([]));
    }
}

#[test]
fn reasoning_speaks_the_askers_language() {
    let stage = Stage::set();
    let thought = Thought::get("/public-security/open-cases");
    let chinese = stage.ask(&thought, "zh");
    assert_eq!(chinese["problem"]["title"], "不予共享");
    let english = stage.ask(&thought, "en");
    assert_eq!(english["problem"]["title"], "Not shared");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["decide", "--language=zh", "--consumer", DESK, "--path", thought.path]);
    let output = command.arg("--catalog").arg(stage.catalog()).output().unwrap();
    let program: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(without_instance(&program["problem"]), without_instance(&chinese["problem"]));
}

#[test]
fn a_question_that_is_none_is_refused_like_a_call() {
    let stage = Stage::set();
    let cases = [
        (Ask::post("/-/decide", "{"), 400, "request-malformed"),
        (Ask::post("/-/decide", "{}"), 400, "parameter-missing"),
        (Ask::post("/-/decide", r#"{"method":"GET"}"#), 400, "parameter-missing"),
        (
            Ask::post("/-/decide", r#"{"method":"GET","path":"/a/b","who":"x"}"#),
            400,
            "parameter-not-allowed",
        ),
        (
            Ask::post("/-/decide", r#"{"method":"GET","path":"/a","path":"/b"}"#),
            400,
            "request-malformed",
        ),
        (Ask::new("POST", "/-/decide").body("{}"), 415, "media-type-unsupported"),
        (Ask::get("/-/decide"), 405, "method-not-allowed"),
        (Ask::post("/-/decide/more", "{}"), 404, "not-in-catalog"),
    ];
    for (ask, status, code) in cases {
        check(&stage.world, &stage.world.call(DESK, &ask), status, Some(code));
    }
    // The gateway's own routes are no entries to ask about.
    let reasoning = stage.ask(&Thought::post("/-/decide", "{}"), "en");
    assert_eq!(reasoning["problem"]["code"], "not-in-catalog");
}

#[test]
fn questions_have_a_rate_too() {
    let stage = Stage::set();
    let ask = Thought::get("/civil-affairs/divisions/330100").question();
    let limited = eventually("the rate's end", || {
        let asks = vec![ask.clone(); 150];
        let answers = http2::ask_all(stage.world.address(), &system(DESK), asks);
        answers.into_iter().find(|answer| answer.status != 200)
    });
    // Its own record may stand among the counted ones, so many are refused at once.
    assert_eq!((limited.status, limited.code().as_deref()), (429, Some("rate-limited")));
    assert!(limited.header("retry-after").is_some());
}

#[test]
fn the_program_says_what_it_can_not_use() {
    let stage = Stage::set();
    let run = |consumer: &str, catalog: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(["decide", "--consumer", consumer, "--path", "/a/b", "--catalog"]);
        command.arg(catalog).output().unwrap()
    };
    assert_eq!(run(DESK, Path::new("/nowhere")).status.code(), Some(78));
    assert_eq!(run("human-resources", &stage.catalog()).status.code(), Some(2));
    for (consumer, code) in [
        ("nobody/desk", "unknown-peer"),
        ("human-resources/nobody", "unknown-peer"),
        ("human-resources/closed-desk", "peer-suspended"),
    ] {
        let output = run(consumer, &stage.catalog());
        assert_eq!(output.status.code(), Some(1));
        let program: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(program["problem"]["code"], code);
        let answer = stage.world.call(consumer, &Thought::get("/a/b").question());
        check(&stage.world, &answer, 403, Some(code));
        assert_eq!(without_instance(&answer.json()), without_instance(&program["problem"]));
    }
}
