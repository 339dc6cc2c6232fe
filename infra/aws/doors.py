"""The ways in: the HTTP API with its routes and authorizer, and the user pool of those who log in."""

import json
from typing import Final

from aws_cdk import Aws, Duration, Fn, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as api
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.catalog import LOG_RETENTION_DAYS
from infra.catalog_types import ROLES, Catalog, Route, pascal

AUTHORIZER_CACHE_S: Final = 300

TOKEN_MINUTES: Final = 5
REFRESH_MINUTES: Final = 60
"""The least that Cognito allows."""

# The route, never the path or the query: those may carry tokens and identifiers. No address and no user agent either.
ACCESS_LOG: Final = {
    "requestId": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
    "responseBytes": "$context.responseLength",
}


class Doors(Construct):
    """One HTTP API with the catalog's routes. ``url`` is its base URL."""

    def __init__(
        self, scope: Construct, construct_id: str, *, catalog: Catalog, functions: dict[str, lambda_.Function], key: str
    ) -> None:
        super().__init__(scope, construct_id)
        self._catalog, self._functions = catalog, functions
        self.api = api.CfnApi(
            self,
            "Api",
            name=Aws.STACK_NAME,
            description="Leadspine: webhooks, events, JSON API",
            protocol_type="HTTP",
            # Any site may post events from a browser with its public write key. Credentials are not allowed to come
            # along, and the console's cookie is SameSite=Strict besides.
            cors_configuration=api.CfnApi.CorsProperty(
                allow_origins=["*"],
                allow_methods=["POST"],
                allow_headers=["authorization", "content-type"],
                max_age=3600,
            ),
        )
        self.url = self.api.attr_api_endpoint
        integrations = {name: self._integration(name) for name in dict.fromkeys(r.function for r in catalog.routes)}
        authorizer = self._authorizer()
        routes = [self._route(route, integrations, authorizer) for route in catalog.routes]
        self._stage(key).node.add_dependency(*routes)

    def _integration(self, name: str) -> api.CfnIntegration:
        function = self._functions[name]
        self._permit(name, "*/*")
        return api.CfnIntegration(
            self,
            f"{pascal(name)}Integration",
            api_id=self.api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function_arn,
            payload_format_version="2.0",
        )

    def _permit(self, name: str, path: str) -> None:
        arn = f"arn:{Aws.PARTITION}:execute-api:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.api.ref}/{path}"
        lambda_.CfnPermission(
            self,
            f"{pascal(name)}Invoke",
            action="lambda:InvokeFunction",
            function_name=self._functions[name].function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=arn,
        )

    def _authorizer(self) -> api.CfnAuthorizer:
        name = self._catalog.authorizer
        made = api.CfnAuthorizer(
            self,
            "Authorizer",
            api_id=self.api.ref,
            name=name,
            authorizer_type="REQUEST",
            authorizer_uri=(
                f"arn:{Aws.PARTITION}:apigateway:{Aws.REGION}:lambda:path/2015-03-31/functions/"
                f"{self._functions[name].function_arn}/invocations"
            ),
            authorizer_payload_format_version="2.0",
            authorizer_result_ttl_in_seconds=AUTHORIZER_CACHE_S,
            enable_simple_responses=True,
            identity_source=["$request.header.Authorization"],
        )
        self._permit(name, f"authorizers/{made.ref}")
        return made

    def _route(
        self, route: Route, integrations: dict[str, api.CfnIntegration], authorizer: api.CfnAuthorizer
    ) -> api.CfnRoute:
        return api.CfnRoute(
            self,
            self._route_id(route),
            api_id=self.api.ref,
            route_key=route.key,
            target=f"integrations/{integrations[route.function].ref}",
            authorization_type="CUSTOM" if route.auth else "NONE",
            authorizer_id=authorizer.ref if route.auth else None,
        )

    def _route_id(self, route: Route) -> str:
        """Function and method; a function with several paths for one method counts those after the first."""
        alike = [r for r in self._catalog.routes if (r.function, r.method) == (route.function, route.method)]
        position = alike.index(route)
        return f"{pascal(route.function)}{route.method.capitalize()}Route{position + 1 if position else ''}"

    def _stage(self, key: str) -> api.CfnStage:
        log_group = logs.CfnLogGroup(self, "AccessLogs", retention_in_days=LOG_RETENTION_DAYS, kms_key_id=key)
        log_group.apply_removal_policy(RemovalPolicy.DESTROY)
        limits = {
            route.key: {"ThrottlingRateLimit": route.rate_per_s, "ThrottlingBurstLimit": route.burst}
            for route in self._catalog.routes
        }
        return api.CfnStage(
            self,
            "Stage",
            api_id=self.api.ref,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=api.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.attr_arn, format=json.dumps(ACCESS_LOG, sort_keys=True)
            ),
            route_settings=limits,
        )


class Users(Construct):
    """People who log in to the API and the console: invited only, with a second factor, in one group per role."""

    def __init__(self, scope: Construct, construct_id: str, *, catalog: Catalog) -> None:
        super().__init__(scope, construct_id)
        self._login = catalog.login
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            # The least plan with the pages that the console sends people to.
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            mfa=cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.client = self.pool.add_client(
            "Client",
            auth_flows=cognito.AuthFlow(user_srp=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            generate_secret=False,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(1),
            enable_token_revocation=True,
        )
        for role in ROLES:
            cognito.CfnUserPoolGroup(
                self, f"{role.capitalize()}Group", user_pool_id=self.pool.user_pool_id, group_name=role
            )
        users = catalog.users
        self.console_client = self._console_client()
        self.names = {
            users.pool_variable: self.pool.user_pool_id,
            users.client_variable: self.client.user_pool_client_id,
            catalog.login.client_variable: self.console_client.ref,
            catalog.login.url_variable: self._pages(),
        }

    def lead_back_to(self, url: str) -> None:
        """Register where the login pages lead back to. The API's address is known when everything else is made."""
        self.console_client.callback_ur_ls = [url + self._login.back_path]
        self.console_client.logout_ur_ls = [url + self._login.out_path]

    def _console_client(self) -> cognito.CfnUserPoolClient:
        """For codes that PKCE binds to whoever asked. What it gives out is looked at once, so it may end at once."""
        return cognito.CfnUserPoolClient(
            self,
            "ConsoleClient",
            user_pool_id=self.pool.user_pool_id,
            generate_secret=False,
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_flows=["code"],
            allowed_o_auth_scopes=["openid", "email"],
            supported_identity_providers=["COGNITO"],
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            id_token_validity=TOKEN_MINUTES,
            access_token_validity=TOKEN_MINUTES,
            refresh_token_validity=REFRESH_MINUTES,
            token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(
                **dict.fromkeys(("id_token", "access_token", "refresh_token"), "minutes")
            ),
        )

    def _pages(self) -> str:
        """The pool's pages in their standard style; returns their base address.

        Its name has to be unique in the region and must not change: it is a piece of the stack's own id.
        """
        unique = Fn.select(2, Fn.split("/", Aws.STACK_ID))
        domain = self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"leadspine-{unique}"),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        # Without a style of its own, a client's pages say that they are not available.
        cognito.CfnManagedLoginBranding(
            self,
            "Style",
            user_pool_id=self.pool.user_pool_id,
            client_id=self.console_client.ref,
            use_cognito_provided_values=True,
        )
        return domain.base_url()
