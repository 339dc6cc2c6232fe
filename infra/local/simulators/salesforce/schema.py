"""The objects of the simulated org, as data. Lengths and defaults are those of a new Enterprise org."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.simulators.salesforce.fields import (
    Field,
    external_id,
    flag,
    frozen,
    frozen_lookup,
    lookup,
    of_type,
    pick,
    text,
)

LEAD_STATUSES = {
    "Open - Not Contacted": False,
    "Working - Contacted": False,
    "Accepted": False,
    "Rejected": False,
    "Nurturing": False,
    "Closed - Converted": True,
    "Closed - Not Converted": False,
}
# Stage: (probability, closed, won, forecast category); the stages of a new org.
STAGES = {
    "Prospecting": (10, False, False, "Pipeline"),
    "Qualification": (10, False, False, "Pipeline"),
    "Needs Analysis": (20, False, False, "Pipeline"),
    "Value Proposition": (50, False, False, "Pipeline"),
    "Proposal/Price Quote": (75, False, False, "Pipeline"),
    "Negotiation/Review": (90, False, False, "Pipeline"),
    "Closed Won": (100, True, True, "Closed"),
    "Closed Lost": (0, True, False, "Omitted"),
}
_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
_RATINGS = ("Hot", "Warm", "Cold")
_CONSENT = (
    pick("Consent_Status__c", "given", "denied", "withdrawn", "unknown"),
    of_type("datetime", "Consent_Date__c"),
    text("Consent_Source__c", 255),
    pick("Score_Band__c", "A", "B", "C", "D"),
    of_type("double", "Lead_Score__c"),
)
_KEYS = (external_id("Leadspine_Id__c"), external_id("Marketo_Lead_Id__c"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SObject:
    """One object: its fields in order and what may be done with its records."""

    name: str
    prefix: str
    fields: Sequence[Field]
    plural: str = ""
    writable: bool = True
    deletable: bool = True
    children: Sequence[tuple[str, str, str]] = ()


def _system() -> tuple[Field, ...]:
    return (
        frozen("boolean", "IsDeleted", default=False, permissionable=False),
        frozen("datetime", "CreatedDate", permissionable=False),
        frozen_lookup("CreatedById", "User"),
        frozen("datetime", "LastModifiedDate", permissionable=False),
        frozen_lookup("LastModifiedById", "User"),
        frozen("datetime", "SystemModstamp", permissionable=False),
    )


def make_object(name: str, prefix: str, *fields: Field, **more: object) -> SObject:
    """An object with Id and the system fields around its own."""
    key = frozen("id", "Id", 18, permissionable=False)
    return SObject(name=name, prefix=prefix, fields=(key, *fields, *_system()), **more)  # type: ignore[arg-type]


def _address(prefix: str = "") -> tuple[Field, ...]:
    return (
        of_type("textarea", f"{prefix}Street", 255), text(f"{prefix}City", 40), text(f"{prefix}State", 80),
        text(f"{prefix}PostalCode", 20), text(f"{prefix}Country", 80),
    )  # fmt: skip


def _person() -> tuple[Field, ...]:
    return (
        pick("Salutation", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof."),
        text("FirstName", 40),
        text("LastName", 80, required=True, permissionable=False),
        frozen("string", "Name", 121, name_field=True, permissionable=False),
        text("Title", 128),
        of_type("email", "Email", 80),
        of_type("phone", "Phone", 40),
        of_type("phone", "MobilePhone", 40),
        of_type("phone", "Fax", 40),
        pick("LeadSource", *_SOURCES),
        of_type("textarea", "Description", 32000),
        flag("HasOptedOutOfEmail"),
        flag("DoNotCall"),
        frozen("string", "EmailBouncedReason", 255),
        frozen("datetime", "EmailBouncedDate"),
        frozen("date", "LastActivityDate"),
        *_CONSENT,
        *_KEYS,
    )


_OBJECTS = (
    make_object(
        "Lead", "00Q", *_person(), *_address(),
        text("Company", 255, required=True, permissionable=False),
        of_type("url", "Website", 255), pick("Industry"), of_type("currency", "AnnualRevenue"),
        of_type("int", "NumberOfEmployees"), pick("Rating", *_RATINGS),
        pick("Status", *LEAD_STATUSES, default="Open - Not Contacted", permissionable=False),
        lookup("OwnerId", "User", "Group", permissionable=False),
        flag("IsUnreadByOwner", default=True), frozen_lookup("MasterRecordId", "Lead"),
        frozen("boolean", "IsConverted", default=False), frozen("date", "ConvertedDate"),
        frozen_lookup("ConvertedAccountId", "Account"), frozen_lookup("ConvertedContactId", "Contact"),
        frozen_lookup("ConvertedOpportunityId", "Opportunity"),
        children=(("CampaignMember", "LeadId", "CampaignMembers"), ("Task", "WhoId", "Tasks")),
    ),
    make_object(
        "Contact", "003", *_person(), *_address("Mailing"), text("Department", 80), of_type("date", "Birthdate"),
        lookup("AccountId", "Account"), lookup("ReportsToId", "Contact"), lookup("OwnerId", "User"),
        frozen_lookup("MasterRecordId", "Contact"),
        children=(
            ("CampaignMember", "ContactId", "CampaignMembers"), ("Task", "WhoId", "Tasks"),
            ("OpportunityContactRole", "ContactId", "OpportunityContactRoles"),
        ),
    ),
    make_object(
        "Account", "001", text("Name", 255, required=True, name_field=True, permissionable=False),
        pick("Type", "Prospect", "Customer", "Partner", "Other"), pick("Industry"), *_address("Billing"),
        of_type("phone", "Phone", 40), of_type("url", "Website", 255), of_type("currency", "AnnualRevenue"),
        of_type("int", "NumberOfEmployees"), text("Site", 80), text("Sic", 20), pick("Rating", *_RATINGS),
        of_type("textarea", "Description", 32000), lookup("ParentId", "Account"), lookup("OwnerId", "User"),
        frozen_lookup("MasterRecordId", "Account"), external_id("Leadspine_Id__c"),
        children=(("Contact", "AccountId", "Contacts"), ("Opportunity", "AccountId", "Opportunities")),
    ),
    make_object(
        "Opportunity", "006", text("Name", 120, required=True, name_field=True, permissionable=False),
        pick("StageName", *STAGES, required=True, permissionable=False),
        of_type("date", "CloseDate", required=True, permissionable=False), lookup("AccountId", "Account"),
        of_type("currency", "Amount"), text("CurrencyIsoCode", 3, default="EUR"), of_type("percent", "Probability"),
        frozen("currency", "ExpectedRevenue", calculated=True),
        pick("Type", "New Business", "Existing Business"), pick("LeadSource", *_SOURCES),
        lookup("CampaignId", "Campaign"), frozen("boolean", "IsClosed", default=False),
        frozen("boolean", "IsWon", default=False), frozen("string", "ForecastCategoryName", 40),
        flag("IsPrivate"), text("NextStep", 255), of_type("textarea", "Description", 32000),
        lookup("OwnerId", "User"), external_id("Leadspine_Id__c"), plural="Opportunities",
        children=(("OpportunityContactRole", "OpportunityId", "OpportunityContactRoles"),),
    ),
    make_object(
        "OpportunityContactRole", "00K", lookup("OpportunityId", "Opportunity", required=True, updateable=False),
        lookup("ContactId", "Contact", required=True, updateable=False),
        pick("Role", "Decision Maker", "Evaluator", "Economic Buyer", "Other"), flag("IsPrimary"),
    ),
    make_object(
        "Task", "00T", text("Subject", 255), of_type("date", "ActivityDate"),
        pick("Status", "Not Started", "In Progress", "Completed", "Deferred", default="Not Started"),
        pick("Priority", "High", "Normal", "Low", default="Normal"), of_type("textarea", "Description", 32000),
        lookup("WhoId", "Lead", "Contact"), lookup("WhatId", "Account", "Opportunity", "Campaign"),
        lookup("OwnerId", "User"), frozen("boolean", "IsClosed", default=False), external_id("Leadspine_Id__c"),
    ),
    make_object(
        "User", "005", text("Username", 80, required=True), text("FirstName", 40), text("LastName", 80, required=True),
        frozen("string", "Name", 121, name_field=True), of_type("email", "Email", 128), text("Title", 80),
        flag("IsActive", default=True), pick("UserType", "Standard", "AutomatedProcess", default="Standard"),
        lookup("ManagerId", "User"), writable=False, deletable=False,
    ),
    make_object(
        "Group", "00G", text("Name", 40, required=True, name_field=True), text("DeveloperName", 80),
        pick("Type", "Queue", "Regular", default="Queue"), writable=False, deletable=False,
    ),
    make_object(
        "Campaign", "701", text("Name", 80, required=True, name_field=True), flag("IsActive"),
        pick("Type", "Conference", "Webinar", "Email", "Other"),
        pick("Status", "Planned", "In Progress", "Completed", "Aborted", default="Planned"),
        of_type("date", "StartDate"), of_type("date", "EndDate"), of_type("currency", "ActualCost"),
        of_type("currency", "BudgetedCost"), lookup("ParentId", "Campaign"), lookup("OwnerId", "User"),
        children=(("CampaignMember", "CampaignId", "CampaignMembers"),),
    ),
    make_object(
        "CampaignMember", "00v", lookup("CampaignId", "Campaign", required=True, updateable=False),
        lookup("LeadId", "Lead", updateable=False), lookup("ContactId", "Contact", updateable=False),
        pick("Status", "Sent", "Responded", default="Sent"), frozen("boolean", "HasResponded", default=False),
        frozen("date", "FirstRespondedDate"),
    ),
    make_object(
        "LeadStatus", "01J", text("MasterLabel", 255, name_field=True), text("ApiName", 255), flag("IsConverted"),
        flag("IsDefault"), of_type("int", "SortOrder"), plural="LeadStatuses", writable=False, deletable=False,
    ),
    make_object(
        "OpportunityStage", "01J", text("MasterLabel", 255, name_field=True), text("ApiName", 255), flag("IsActive"),
        flag("IsClosed"), flag("IsWon"), of_type("percent", "DefaultProbability"), of_type("int", "SortOrder"),
        text("ForecastCategoryName", 40), writable=False, deletable=False,
    ),
    make_object(
        "Organization", "00D", text("Name", 80, name_field=True), flag("IsSandbox"), text("InstanceName", 40),
        writable=False, deletable=False,
    ),
)  # fmt: skip

OBJECTS = {item.name: item for item in _OBJECTS}
