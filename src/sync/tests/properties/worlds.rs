//! Random organisations, WeComs and options.

use crate::model::*;
use crate::sync::tests::world::{World, rule};

/// A small generator of our own, so that one number names a world.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(sides.max(1))).unwrap()
    }

    pub(super) fn one_in(&mut self, n: u32) -> bool {
        self.roll(n) == 0
    }
}

pub(super) fn unit_name(dice: &mut Dice) -> Text {
    Text::from(format!("部{}", dice.roll(9)))
}

pub(super) fn random_world(dice: &mut Dice) -> World {
    let mut world = World::new();
    let units = dice.roll(15);
    for n in 0..units {
        let parent = match dice.roll(n + 2) {
            0 | 1 => "r".to_owned(),
            up => format!("u{}", up - 2),
        };
        let name = unit_name(dice);
        let order = dice.one_in(3).then(|| dice.roll(5));
        world.unit(&format!("u{n}"), Some(&parent), &name).order = order;
    }
    let people = 1 + dice.roll(25);
    for n in 0..people {
        hire(&mut world, dice, n);
    }
    // somebody else's WeCom
    for id in 2..2 + dice.roll(6) {
        let parent = 1 + dice.roll(id - 1);
        let name = unit_name(dice);
        let taken = world.cloud.departments.values().any(|d| d.parent.0 == parent && d.name.as_ref() == Some(&name));
        if !taken {
            world.cloud.department(id, parent, &name);
        }
    }
    let places: Vec<u32> = world.cloud.departments.keys().map(|id| id.0).collect();
    for n in 0..dice.roll(10) {
        let place = places[dice.roll(u32::try_from(places.len()).unwrap()) as usize];
        let userid = if dice.one_in(2) { format!("NO{n}") } else { format!("old{n}") };
        let member = world.cloud.member(&userid, &format!("人{n}"), &[place]);
        if dice.one_in(3) {
            member.fields.insert(MemberField::Mobile, format!("138{n:08}").into());
        }
        if dice.one_in(2) {
            decorate(member, n);
        }
    }
    let heads: Vec<(usize, u32)> = (0..world.units.len()).filter(|_| dice.one_in(3)).map(|at| (at, 0)).collect();
    for (at, _) in heads {
        world.units[at].head = vec![format!("e{}", dice.roll(people)).into()];
    }
    let options = &mut world.corp.downstream;
    options.departments_follow_oa = !dice.one_in(3);
    options.include_part_time = dice.one_in(2);
    options.superiors_to_wecom = dice.one_in(2);
    options.leaver = if dice.one_in(2) { Leaver::Disable } else { Leaver::Delete };
    options.out_of_scope = [OutOfScope::Keep, OutOfScope::Disable, OutOfScope::Delete][dice.roll(3) as usize];
    options.delete_after_days = dice.roll(3);
    if dice.one_in(2) {
        options.external_fields.insert("职称".into(), "{{ position }}".into());
    }
    if dice.one_in(5) {
        (options.update, options.create_members) = (dice.one_in(2), dice.one_in(2));
    }
    if dice.one_in(6) {
        options.remove = false;
    }
    if dice.one_in(3) {
        options.disabled_department = String::new();
    }
    if dice.one_in(3) {
        options.scope.exclude = vec![format!("e{}", dice.roll(people)).into()];
    }
    if dice.one_in(4) {
        options.scope.filter = "!employee_no.endsWith('7')".into();
    }
    if dice.one_in(4) && units > 0 {
        options.scope.units = vec![format!("u{}", dice.roll(units)).into()];
    }
    if dice.one_in(4) {
        options.scope.include = (0..1 + dice.roll(3)).map(|_| format!("e{}", dice.roll(people)).into()).collect();
    }
    if dice.one_in(3) {
        world.corp.match_rules.push(rule("name", "name"));
    }
    if dice.one_in(6) {
        world.corp.match_rules.rotate_left(1);
    }
    for _ in 0..dice.roll(4) {
        // namesakes, and people with the number or the mobile of somebody else, in scope and outside of it
        let (one, other) = (dice.roll(people) as usize, dice.roll(people) as usize);
        match dice.roll(4) {
            0 => world.employees[one].employee_no = world.employees[other].employee_no.clone(),
            1 => world.employees[one].mobile = world.employees[other].mobile.clone(),
            _ => world.employees[one].name = world.employees[other].name.clone(),
        }
    }
    world.cloud.hides_contacts = dice.one_in(3);
    if world.cloud.hides_contacts {
        // a hidden mobile of a stranger is WeCom's to refuse, not the plan's to know
        world.cloud.members.values_mut().for_each(|member| drop(member.fields.remove(&MemberField::Mobile)));
    }
    world.cloud.ignores_mobile = dice.one_in(3);
    world.cloud.knows_number = dice.one_in(2);
    world.cloud.ignores_disable = dice.one_in(6);
    world.cloud.hides_lists = dice.one_in(4);
    world
}

/// Attributes that no mapping knows: in the console somebody filled them in by hand.
fn decorate(member: &mut Member, n: u32) {
    let web = |of: &str| Text::from(format!(r#"{{"type":1,"web":{{"title":"{of}","url":"https://e.cn/{n}"}}}}"#));
    member.fields.insert(MemberField::ExtAttr("车牌".into()), format!("京A{n}").into());
    member.fields.insert(MemberField::ExtAttrItem("主页".into()), web("主页"));
    member.fields.insert(MemberField::External("微博".into()), format!("@{n}").into());
    member.fields.insert(MemberField::ExternalItem("官网".into()), web("官网"));
}

pub(super) fn any_unit(world: &World, dice: &mut Dice) -> UnitId {
    world.units[dice.roll(u32::try_from(world.units.len()).unwrap()) as usize].id.clone()
}

pub(super) fn hire(world: &mut World, dice: &mut Dice, n: u32) {
    let unit = any_unit(world, dice);
    let part_time = dice.one_in(3).then(|| any_unit(world, dice)).filter(|other| *other != unit);
    let employee = world.employee(n, unit.as_str());
    employee.part_time_unit_ids = part_time.into_iter().collect();
    employee.superior_id = dice.one_in(2).then(|| format!("e{}", dice.roll(n + 1)).into());
    employee.admin = dice.one_in(6);
    if dice.one_in(4) {
        employee.position = "经理".into();
    }
}

pub(super) fn shuffled<T: Clone>(list: &[T], dice: &mut Dice) -> Vec<T> {
    let mut list = list.to_vec();
    for at in (1..list.len()).rev() {
        list.swap(at, dice.roll(u32::try_from(at).unwrap() + 1) as usize);
    }
    list
}
