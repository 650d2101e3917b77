//! Why no plan can be made, and other problems of the main job that the first table does not have.

use super::{Row, row};

pub(super) static ROWS: &[Row] = &[
    row(
        "sync.source_empty",
        [
            "OA 目录是空的",
            "OA 目录里没有人员。空目录不会被当作“移出所有人”，没有任何改动。",
            "先导入 OA 目录，再生成预览。",
        ],
        [
            "The directory is empty",
            "The OA directory has no people. An empty directory never means that everybody goes; nothing was changed.",
            "Import the directory, then make a preview.",
        ],
    ),
    row(
        "sync.nobody_active",
        [
            "没有在职人员",
            "OA 目录里没有一个在职人员。这不会被当作“移出所有人”，没有任何改动。",
            "检查目录的状态列，重新导入。",
        ],
        [
            "Nobody is active",
            "No employee of the directory is active. That never means that everybody goes; nothing was changed.",
            "Look at the status column and import again.",
        ],
    ),
    row(
        "sync.no_root",
        ["没有根部门", "OA 目录里没有根部门：应当恰好有一个部门没有上级。", "修正目录中的上级部门，重新导入。"],
        [
            "No root unit",
            "The directory has no root: exactly one unit has no parent.",
            "Correct the parents and import again.",
        ],
    ),
    row(
        "sync.several_roots",
        ["有多个根部门", "OA 目录里有多个部门没有上级，应当恰好有一个。", "给其余部门填写上级，重新导入。"],
        [
            "Several root units",
            "Several units of the directory have no parent; exactly one may.",
            "Give the others their parents and import again.",
        ],
    ),
    row(
        "sync.missing_parent",
        ["上级部门不存在", "有部门的上级在 OA 目录里不存在。", "修正上级部门的编号，或补上缺少的部门，重新导入。"],
        [
            "A parent is missing",
            "A unit names a parent that the directory does not have.",
            "Correct the parent, or add the unit, and import again.",
        ],
    ),
    row(
        "sync.cycle",
        ["部门互为上级", "OA 目录里有部门互为上级，无法组成组织树。", "修正这些部门的上级，重新导入。"],
        [
            "Units in a circle",
            "Units of the directory are above each other.",
            "Correct their parents and import again.",
        ],
    ),
    row(
        "sync.too_deep",
        ["部门层级过深", "OA 目录的部门层级过深，不像真实的组织。", "修正部门的上级，重新导入。"],
        [
            "Too many levels",
            "The units of the directory lie deeper than any organisation does.",
            "Correct their parents and import again.",
        ],
    ),
    row(
        "sync.duplicate_unit",
        ["部门编号重复", "OA 目录里有部门编号出现两次。", "删除重复的部门，重新导入。"],
        ["A unit twice", "An id of a unit occurs twice in the directory.", "Remove one of them and import again."],
    ),
    row(
        "sync.duplicate_employee",
        ["人员编号重复", "OA 目录里有人员编号出现两次。", "删除重复的人员，重新导入。"],
        [
            "An employee twice",
            "An id of an employee occurs twice in the directory.",
            "Remove one of them and import again.",
        ],
    ),
    row(
        "sync.unknown_scope_unit",
        [
            "同步范围里的部门不存在",
            "同步范围选定的部门在 OA 目录里已不存在。",
            "在“同步设置”中重新选择范围，或检查目录。",
        ],
        [
            "The scope names a missing unit",
            "The directory does not have a unit that the scope names.",
            "Choose the scope anew in the sync settings, or look at the directory.",
        ],
    ),
    row(
        "sync.missing_column",
        [
            "缺少目录列",
            "设置里用到的一列，在 OA 目录中没有任何人有值。缺列不会被当作“没有人”。",
            "导入带有这一列的目录，或修改设置。",
        ],
        [
            "A column is missing",
            "A setting reads a column that no active employee has. A missing column never means nobody.",
            "Import the directory with that column, or change the setting.",
        ],
    ),
    row(
        "sync.nobody_in_scope",
        [
            "同步范围内没有人",
            "按现在的范围没有一个在职人员需要同步，而已有成员关联着。这不会被当作“移出所有人”。",
            "在“同步设置”中修正范围。",
        ],
        [
            "Nobody is in the scope",
            "No active employee is in the scope, while members are linked. An empty scope never means that everybody goes.",
            "Correct the scope in the sync settings.",
        ],
    ),
    row(
        "sync.bad_expression",
        ["规则无法计算", "字段规则或范围条件写得不对，无法计算。", "在“同步设置”中修正，并用测试框检查。"],
        [
            "An expression is wrong",
            "A field rule or the scope filter cannot be computed.",
            "Correct it in the sync settings and try it there.",
        ],
    ),
    row(
        "sync.bad_option",
        ["设置值不可用", "有一项同步设置的值不可用。", "按下面的详情，在“同步设置”中修正。"],
        [
            "A setting is wrong",
            "A sync setting has a value that cannot be used.",
            "See the details, and correct it in the sync settings.",
        ],
    ),
    row(
        "sync.mirror_empty",
        [
            "还不知道企业微信有哪些部门",
            "还没有读到企业微信的部门。读不到不会被当作“没有”。",
            "先拉取一次，再生成预览。",
        ],
        [
            "Nothing is known of WeCom",
            "No department of WeCom was read yet. What was not read is never taken as absent.",
            "Pull first, then make a preview.",
        ],
    ),
    row(
        "sync.root_name_mismatch",
        [
            "根部门名称不一致",
            "OA 根部门与企业微信根部门名称不同，无法确认是同一个组织。",
            "把两边名称改为一致，或在“两边对照”中关联两个根部门，或在设置中指定上级部门。",
        ],
        [
            "The roots have other names",
            "The OA's root and WeCom's root have different names, so that they may be different organisations.",
            "Make the names equal, link the two by hand, or set a top department.",
        ],
    ),
    row(
        "sync.root_name_unreadable",
        [
            "读不到企业微信根部门的名称",
            "现有凭证读不到企业微信根部门的名称，无法确认是同一个组织。",
            "在“两边对照”中关联两个根部门，或添加能读取名称的应用，或指定上级部门。",
        ],
        [
            "The root's name cannot be read",
            "These credentials do not show the name of WeCom's root.",
            "Link the root by hand, add an app that may read names, or set a top department.",
        ],
    ),
    row(
        "sync.root_not_visible",
        ["根部门不在可见范围", "企业微信的根部门不在应用可见范围内。", "扩大可见范围，或在设置中指定上级部门。"],
        [
            "The root is not visible",
            "WeCom's root department is outside the visible range.",
            "Widen the range, or set a top department.",
        ],
    ),
    row(
        "sync.top_department_missing",
        [
            "指定的上级部门不存在",
            "设置里指定的企业微信上级部门不存在，或不在可见范围内。",
            "在“同步设置”中改正部门编号。",
        ],
        [
            "The top department is missing",
            "The top department of the settings does not exist in WeCom or is not visible.",
            "Correct its id in the sync settings.",
        ],
    ),
    row(
        "sync.mirror_broken",
        ["读到的部门有矛盾", "从企业微信读到的部门重复或互为上级。", "重新拉取；仍然如此时请查看诊断。"],
        [
            "What was read contradicts itself",
            "Departments read from WeCom occur twice or form a circle.",
            "Pull again; if it stays so, see the diagnostics.",
        ],
    ),
    row(
        "sync.ids_used_up",
        ["部门编号已用完", "企业微信的部门编号已到上限，无法再新建部门。", "请联系技术支持。"],
        ["Department ids are used up", "No larger id is left for a new department.", "Ask for support."],
    ),
    row(
        "sync.second_person",
        [
            "需要另一名管理员",
            "移出人员的计划需要两名管理员先后批准，且都不能是发起人。您的批准没有记录。",
            "请另一名管理员来批准。",
        ],
        [
            "Another administrator is needed",
            "A plan that removes people is allowed by two administrators, neither of whom made it; your word was not noted.",
            "Ask another administrator.",
        ],
    ),
    row(
        "sync.cancelled",
        ["已取消", "有人取消了这次运行；已完成的保留。", "需要时重新开始。"],
        ["Cancelled", "Somebody cancelled it; what was done stays done.", "Start again when you need it."],
    ),
    row(
        "sync.stopping",
        ["云桥正在停止或曾经停止", "云桥停止时这次运行还没有写入任何内容。", "重新开始即可。"],
        ["The appliance stopped", "The bridge stopped before this run had written anything.", "Start it again."],
    ),
    row(
        "run.ended",
        ["运行已经结束", "这次运行已经结束，没有可以取消的内容。", "返回查看结果。"],
        [
            "The run has ended",
            "The run has ended already; there is nothing to cancel.",
            "Go back and see what became of it.",
        ],
    ),
    row(
        "sync.interrupted",
        [
            "有中断的运行",
            "这个企业有一次中断的运行还没有处理，不能开始新的运行。",
            "到运行记录中继续它，或者放弃它，然后再试。",
        ],
        [
            "A run was interrupted",
            "A run of this corp was interrupted and waits; nothing new is begun before it.",
            "Resume it or give it up under Runs, then try again.",
        ],
    ),
    row(
        "sync.import_under_way",
        [
            "企业微信还在处理之前的导入",
            "之前一次运行交给企业微信的导入文件还没有处理完；现在写入的内容会被文件中的旧数据覆盖，所以没有写入任何内容。",
            "等企业微信处理完（通常几分钟），再运行一次。",
        ],
        [
            "WeCom is still at work on an earlier import",
            "WeCom has not ended the import of an earlier run; its old rows would come over what is written now, so nothing \
             was written.",
            "Wait for WeCom (usually some minutes) and run it again.",
        ],
    ),
    row(
        "sync.no_resume",
        ["不能继续运行", "这次运行现在不能继续，没有任何改动。", "请看下面的详情；通常需要重新生成计划。"],
        [
            "Cannot go on",
            "The run cannot go on at present; nothing was changed.",
            "See the details below; usually a new plan is needed.",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::super::{Lang, advice};
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_problem_of_the_engine_is_explained() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sync");
        for file in ["input.rs", "error.rs"] {
            let text = fs::read_to_string(root.join(file)).unwrap();
            let codes = text.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
            for code in codes.filter(|code| code.starts_with("sync.")) {
                let known = [
                    "sync.no_employee",
                    "sync.no_corp",
                    "sync.no_plan",
                    "sync.no_run",
                    "sync.bug",
                    "sync.plan_refused",
                ];
                let fallback = advice(Lang::Zh, "nothing.like.this", 500);
                let found = advice(Lang::Zh, code, 500);
                assert!(known.contains(&code) || found != fallback, "{file}: {code}");
            }
        }
    }
}
