//! Texts of the door.

texts! {
    sign_in_title = "登录", "Sign in";
    sign_in_lead = "使用管理员账号登录管理后台。", "Sign in with your administrator's account.";
    sign_in_name = "账号", "Account";
    sign_in_password = "密码", "Password";
    sign_in_code = "动态验证码或恢复码", "Code of the app, or a recovery code";
    sign_in_have_code = "我开启了两步验证", "I use a second factor";
    sign_in_button = "登录", "Sign in";
    sign_in_wrong = "账号或密码不正确。", "The account or the password is wrong.";
    sign_in_needs_code = "这个账号开启了两步验证，请再次输入密码，并填写动态验证码。", "This account uses a second factor: give the password once more, and the code.";
    sign_in_wrong_code = "验证码不正确、已过期或已使用过，请等下一个验证码。", "The code is wrong, expired or used already; wait for the next one.";
    sign_in_wait(seconds) = "尝试次数过多，请 {seconds} 秒后再试。", "Too many attempts; try again in {seconds} seconds.";
    sign_in_left = "您已退出登录。", "You have signed out.";
}
