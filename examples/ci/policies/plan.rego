# What this site asks of a plan. `input` is the plan file; schemas/plan.schema.json describes it.
package main

# A change that can't be taken back is only done in stage 2, behind its gates. What is installed anew has
# nothing to go back to.
deny contains msg if {
	some step in input.steps
	step.stage == "live"
	step.action != "install"
	reason := step["way-back"].none
	msg := sprintf("%s has no way back: %s", [step.id, reason])
}

# All hosts are known when production is changed.
deny contains msg if {
	input.environment == "production"
	some host in input.unknown
	msg := sprintf("%s could not be read: %s", [host.host, host.reason])
}

# Somebody should look at what a plan goes without.
warn contains msg if {
	some waiver in input.waivers
	msg := sprintf("the check %s is waived until %s: %s", [waiver.check, waiver.until, waiver.reason])
}
