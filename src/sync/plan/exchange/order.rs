//! The order in which every value is free when it is taken. Indices only.

/// What stands at one place of the order.
pub(super) enum Emitted {
    /// The step at this place.
    Step(usize),
    /// A call before it that frees its values.
    Free(usize),
}

/// The order in which everybody waits for whoever gives away what they take.
pub(super) struct Order {
    /// What is done, in this order.
    pub(super) emitted: Vec<Emitted>,
    /// The steps before which a call frees what they give away.
    pub(super) freed: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    UnderWay,
    Done,
}

impl Order {
    /// `waits` answers the steps, with the field, that must come before a step.
    pub(super) fn of(count: usize, waits: impl Fn(usize) -> Vec<(usize, usize)>) -> Self {
        let mut order = Self { emitted: Vec::with_capacity(count), freed: Vec::new() };
        let mut visits = vec![Visit::New; count];
        let mut freed = vec![false; count];
        for start in 0..count {
            if visits[start] != Visit::New {
                continue;
            }
            visits[start] = Visit::UnderWay;
            let mut stack = vec![(start, waits(start))];
            while let Some((at, open)) = stack.last_mut() {
                let at = *at;
                let Some((giver, _)) = open.pop() else {
                    visits[at] = Visit::Done;
                    order.emitted.push(Emitted::Step(at));
                    stack.pop();
                    continue;
                };
                match visits[giver] {
                    Visit::Done => {}
                    Visit::New => {
                        visits[giver] = Visit::UnderWay;
                        stack.push((giver, waits(giver)));
                    }
                    // it waits for us: its value is freed before
                    Visit::UnderWay if freed[giver] => {}
                    Visit::UnderWay => {
                        freed[giver] = true;
                        order.freed.push(giver);
                        order.emitted.push(Emitted::Free(giver));
                    }
                }
            }
        }
        order
    }
}
